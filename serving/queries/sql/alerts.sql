-- A page of alerts, each with what of it still waits to be delivered.
WITH shown AS (
    SELECT a.*, rule.kind, rule.percent
    FROM alert AS a
    INNER JOIN alert_rule AS rule ON rule.id = a.rule
    WHERE
        a.told_at >= %(start)s AND a.told_at < %(end)s
        AND (%(states)s::text[] IS NULL OR a.state = ANY(%(states)s::text[]))
        AND (%(kind)s::text IS NULL OR rule.kind = %(kind)s)
        AND (%(ids)s::text[] IS NULL OR a.id = ANY(%(ids)s::text[]))
    ORDER BY {order}
    LIMIT %(limit)s OFFSET %(offset)s
)
SELECT
    a.number, a.rule, a.kind, a.percent, a.id, person.name, a.currency, a.period_start, a.period_end, a.state, a.value,
    a.threshold, a.raised_at, a.judged_at, a.delay_s, a.told_at, posted.waiting, posted.tries
FROM shown AS a
LEFT JOIN user_metadata AS person ON a.kind = 'quota' AND person.id = a.id
LEFT JOIN LATERAL (
    SELECT
        count(*) FILTER (WHERE change.delivered_at IS NULL) AS waiting,
        coalesce(sum(change.attempts), 0)::bigint AS tries
    FROM outbox AS change
    WHERE change.alert = a.number
) AS posted ON TRUE
ORDER BY {order}
