SELECT id, percent, subject FROM alert_rule
WHERE kind = 'budget' AND ended_at IS NULL AND created_at < %(end)s
