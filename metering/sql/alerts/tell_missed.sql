-- What the exact count of a published hour crosses and nobody raised.
INSERT INTO alert (rule, id, period_start, period_end, state, value, threshold, judged_at)
SELECT
    rule.id, exact.{user}, %(hour)s, %(hour)s + INTERVAL '1 hour', 'missed', exact.{measure},
    rule.percent * judged.quota::numeric * 0.01, clock_timestamp()
FROM {batch} AS exact
INNER JOIN hour_quota AS judged
    ON judged.topic = %(topic)s AND judged.hour = %(hour)s AND judged.id = exact.{user}
INNER JOIN alert_rule AS rule
    ON rule.kind = 'quota' AND rule.ended_at IS NULL
    AND rule.created_at < %(hour)s + INTERVAL '1 hour'
    AND (rule.subject IS NULL OR rule.subject = exact.{user})
WHERE exact.{cut} = %(cut_type)s AND exact.{hour} = %(hour)s
  AND exact.{measure} > 0
  AND exact.{measure} * 100 >= rule.percent * judged.quota::numeric
  AND NOT EXISTS (
      SELECT FROM alert AS told
      WHERE told.rule = rule.id AND told.id = exact.{user} AND told.currency = '' AND told.period_start = %(hour)s)
ORDER BY exact.{user}, rule.id
ON CONFLICT (rule, id, currency, period_start) DO NOTHING
