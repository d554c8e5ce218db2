SELECT rule.id, rule.kind, rule.percent, rule.subject, rule.created_at, rule.created_by, rule.ended_at
FROM alert_rule AS rule
ORDER BY rule.ended_at NULLS FIRST, rule.kind, rule.subject NULLS FIRST, rule.percent, rule.id
