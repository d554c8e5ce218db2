-- Of the hour that holds the moment, of those after it, and of the one before while it is provisional; each rule,
-- id and hour once, whoever raises side by side. Sorted, so that all are found before the first is inserted (an index
-- is not searched through what this statement adds), and two that raise at once take turns in one order.
INSERT INTO alert (rule, id, period_start, period_end, state, value, threshold, raised_at)
SELECT
    rule.id, served.{user}, served.{hour}, served.{hour} + INTERVAL '1 hour', 'raised', served.{measure},
    rule.percent * person.quota::numeric * 0.01, clock_timestamp()
FROM {hourly} AS served
INNER JOIN user_metadata AS person ON person.id = served.{user}
INNER JOIN alert_rule AS rule
    ON rule.kind = 'quota' AND rule.ended_at IS NULL
    AND rule.created_at < served.{hour} + INTERVAL '1 hour'
    AND (rule.subject IS NULL OR rule.subject = served.{user})
WHERE served.{cut} = %(cut_type)s
  AND served.{hour} >= %(start)s - INTERVAL '1 hour'
  AND (served.{hour} >= %(start)s OR served.provisional)
  AND served.{measure} > 0
  AND served.{measure} * 100 >= rule.percent * person.quota::numeric
  AND NOT EXISTS (
      SELECT FROM alert AS told
      WHERE told.rule = rule.id AND told.id = served.{user} AND told.currency = ''
        AND told.period_start = served.{hour})
ORDER BY served.{hour}, served.{user}, rule.id
ON CONFLICT (rule, id, currency, period_start) DO NOTHING
