-- One row an hour and type: what the runs found, and what waits to be taken over.
WITH hours AS (
    SELECT hour FROM hour_state WHERE topic = %(topic)s AND hour >= %(start)s AND hour < %(end)s
    UNION
    SELECT hour FROM proof WHERE topic = %(topic)s AND hour >= %(start)s AND hour < %(end)s
    UNION
    SELECT hour FROM realtime_hour WHERE hour >= %(start)s AND hour < %(end)s
),
page AS (
    SELECT hour, count(*) OVER () AS hours
    FROM hours
    ORDER BY hour DESC
    LIMIT %(limit)s OFFSET %(offset)s
),
latest AS (
    SELECT DISTINCT ON (p.hour, p.type)
        p.hour, p.type, p.run, p.realtime, p.archive, p.batch, p.duplicates, p.ok, p.why, p.proved_at
    FROM proof AS p
    INNER JOIN page ON page.hour = p.hour
    WHERE p.topic = %(topic)s
    ORDER BY p.hour, p.type, p.run DESC
),
proven AS (
    SELECT p.hour, p.type, sum(p.realtime) AS realtime
    FROM proof AS p
    INNER JOIN page ON page.hour = p.hour
    WHERE p.topic = %(topic)s AND p.ok
    GROUP BY p.hour, p.type
),
waiting AS (
    SELECT date_bin(INTERVAL '1 hour', timestamp, TIMESTAMPTZ 'epoch') AS hour, type, sum(value) AS value
    FROM bytes
    WHERE timestamp >= %(start)s AND timestamp < %(end)s + INTERVAL '1 hour'
    GROUP BY 1, 2
)
SELECT
    page.hour, page.hours, types.type,
    latest.run, latest.realtime, latest.archive, latest.batch, latest.duplicates, latest.ok,
    coalesce(latest.why, '') AS why, latest.proved_at,
    coalesce(proven.realtime + CASE WHEN latest.ok THEN 0 ELSE latest.realtime END, proven.realtime, latest.realtime)
        AS fast,
    waiting.value AS waiting,
    s.revision, s.events, s.duplicates AS repeats, s.conflicts, coalesce(s.final, FALSE) AS final,
    coalesce(s.failed, '') AS failed
FROM page
CROSS JOIN unnest(%(types)s::text[]) WITH ORDINALITY AS types (type, place)
LEFT JOIN latest ON latest.hour = page.hour AND latest.type = types.type
LEFT JOIN proven ON proven.hour = page.hour AND proven.type = types.type
LEFT JOIN waiting ON waiting.hour = page.hour AND waiting.type = types.type
LEFT JOIN hour_state AS s ON s.topic = %(topic)s AND s.hour = page.hour
ORDER BY page.hour DESC, types.place
