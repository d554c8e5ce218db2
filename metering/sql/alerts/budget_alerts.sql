SELECT told.number, told.rule, rule.percent, told.id, told.currency, told.state, told.raised_at IS NOT NULL, told.value,
    told.threshold
FROM alert AS told
INNER JOIN alert_rule AS rule ON rule.id = told.rule
WHERE rule.kind = 'budget' AND told.period_start = %(start)s
