-- One row an hour, topic and type: what the runs found, and how many archived events wait to be taken over.
WITH topics AS (
    SELECT topic, place FROM unnest(%(topics)s::text[]) WITH ORDINALITY AS named (topic, place)
),
types AS (
    SELECT topic, type, place
    FROM unnest(%(type_topics)s::text[], %(types)s::text[]) WITH ORDINALITY AS named (topic, type, place)
),
hours AS (
    SELECT topic, hour FROM hour_state
    WHERE topic = ANY(%(topics)s::text[]) AND hour >= %(start)s AND hour < %(end)s
    UNION
    SELECT topic, hour FROM proof
    WHERE topic = ANY(%(topics)s::text[]) AND hour >= %(start)s AND hour < %(end)s
    UNION
    SELECT topic, hour FROM archive_file
    WHERE topic = ANY(%(topics)s::text[]) AND hour >= %(start)s AND hour < %(end)s AND superseded IS NULL
),
page AS (
    SELECT hours.topic, hours.hour, topics.place, count(*) OVER () AS hours
    FROM hours
    INNER JOIN topics ON topics.topic = hours.topic
    ORDER BY hours.hour DESC, topics.place
    LIMIT %(limit)s OFFSET %(offset)s
),
latest AS (
    SELECT DISTINCT ON (p.topic, p.hour, p.type)
        p.topic, p.hour, p.type, p.run, p.realtime, p.archive, p.batch, p.duplicates, p.ok, p.why, p.proved_at
    FROM proof AS p
    INNER JOIN page ON page.topic = p.topic AND page.hour = p.hour
    ORDER BY p.topic, p.hour, p.type, p.run DESC
),
proven AS (
    SELECT p.topic, p.hour, p.type, sum(p.realtime) AS realtime
    FROM proof AS p
    INNER JOIN page ON page.topic = p.topic AND page.hour = p.hour
    WHERE p.ok
    GROUP BY p.topic, p.hour, p.type
),
waiting AS (
    SELECT file.topic, file.hour, sum(file.rows) AS events
    FROM archive_file AS file
    INNER JOIN page ON page.topic = file.topic AND page.hour = file.hour
    LEFT JOIN hour_state AS s ON s.topic = file.topic AND s.hour = file.hour
    WHERE file.superseded IS NULL AND file.generation > coalesce(s.published_generation, 0)
    GROUP BY file.topic, file.hour
)
SELECT
    page.topic, page.hour, page.hours, types.type,
    latest.run, latest.realtime, latest.archive, latest.batch, latest.duplicates, latest.ok,
    coalesce(latest.why, '') AS why, latest.proved_at,
    coalesce(proven.realtime + CASE WHEN latest.ok THEN 0 ELSE latest.realtime END, proven.realtime, latest.realtime)
        AS fast,
    coalesce(waiting.events, 0) AS waiting,
    s.revision, s.events, s.duplicates AS repeats, s.conflicts, coalesce(s.final, FALSE) AS final,
    coalesce(s.failed, '') AS failed
FROM page
INNER JOIN types ON types.topic = page.topic
LEFT JOIN latest ON latest.topic = page.topic AND latest.hour = page.hour AND latest.type = types.type
LEFT JOIN proven ON proven.topic = page.topic AND proven.hour = page.hour AND proven.type = types.type
LEFT JOIN waiting ON waiting.topic = page.topic AND waiting.hour = page.hour
LEFT JOIN hour_state AS s ON s.topic = page.topic AND s.hour = page.hour
ORDER BY page.hour DESC, page.place, types.place
