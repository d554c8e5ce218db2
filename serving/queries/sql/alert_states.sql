-- How many alerts of the range are in which state, and the delays of those that have one.
SELECT
    a.state, count(*) AS alerts, percentile_disc(0.5) WITHIN GROUP (ORDER BY a.delay_s) AS median_delay_s,
    max(a.delay_s) AS longest_delay_s
FROM alert AS a
INNER JOIN alert_rule AS rule ON rule.id = a.rule
WHERE
    a.told_at >= %(start)s AND a.told_at < %(end)s
    AND (%(kind)s::text IS NULL OR rule.kind = %(kind)s)
    AND (%(ids)s::text[] IS NULL OR a.id = ANY(%(ids)s::text[]))
GROUP BY a.state
