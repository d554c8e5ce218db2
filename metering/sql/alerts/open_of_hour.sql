SELECT told.number, told.id, rule.percent, told.threshold
FROM alert AS told
INNER JOIN alert_rule AS rule ON rule.id = told.rule
WHERE rule.kind = 'quota' AND told.period_start = %(hour)s AND told.raised_at IS NOT NULL AND told.state <> 'confirmed'
