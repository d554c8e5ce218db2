-- Published hours with alerts that were raised beside the publish, from what it has just replaced.
SELECT DISTINCT told.period_start
FROM alert AS told
INNER JOIN alert_rule AS rule ON rule.id = told.rule AND rule.kind = 'quota'
INNER JOIN hour_state AS published ON published.topic = %(topic)s AND published.hour = told.period_start
WHERE told.state = 'raised'
