-- Of each topic: how far the data reaches, how far it is final, and what each stage last said.
WITH topics AS (
    SELECT topic, place FROM unnest(%(topics)s::text[]) WITH ORDINALITY AS named (topic, place)
),
-- Hours with archived events that no publish has taken over yet: their realtime rows are served.
unpublished AS MATERIALIZED (
    SELECT file.topic, file.hour, min(file.first_ingest) AS first_ingest, h.hour IS NOT NULL AS is_kept
    FROM archive_file AS file
    LEFT JOIN hour_state AS h ON h.topic = file.topic AND h.hour = file.hour
    WHERE
        file.topic = ANY(%(topics)s::text[]) AND file.superseded IS NULL
        AND file.generation > coalesce(h.published_generation, 0)
    GROUP BY file.topic, file.hour, is_kept
),
-- Hours that are not final, each since when it could be counted whole: its end, or the arrival of its first event.
waiting_hours AS (
    SELECT topic, hour, greatest(hour + INTERVAL '1 hour', first_arrival) AS since
    FROM hour_state
    WHERE topic = ANY(%(topics)s::text[]) AND NOT final
    UNION ALL
    SELECT topic, hour, greatest(hour + INTERVAL '1 hour', first_ingest)
    FROM unpublished
    WHERE NOT is_kept
),
longest AS (
    SELECT DISTINCT ON (topic) topic, hour, since FROM waiting_hours ORDER BY topic, since, hour
)
SELECT
    topics.topic,
    (
        SELECT max(last_append) FROM stream_offset AS o
        WHERE o.topic = topics.topic AND last_append > TIMESTAMPTZ 'epoch'
    ) AS data_to,
    (
        SELECT coalesce(sum(greatest(end_offset - next_offset, 0)), 0) FROM stream_offset AS o
        WHERE o.topic = topics.topic
    ) AS waiting,
    (SELECT max(seen_at) FROM layer_status WHERE layer = 'speed:' || topics.topic) AS speed_seen,
    least(
        (SELECT min(hour) FROM hour_state AS h WHERE h.topic = topics.topic AND NOT final),
        (SELECT min(hour) FROM unpublished AS u WHERE u.topic = topics.topic)
    ) AS first_open,
    longest.hour AS longest_open,
    longest.since AS open_since,
    (SELECT max(hour) FROM hour_state AS h WHERE h.topic = topics.topic AND final) AS last_final,
    (SELECT min(hour) FROM hour_state AS h WHERE h.topic = topics.topic AND final) AS first_final,
    least(
        (SELECT min(hour) FROM hour_state AS h WHERE h.topic = topics.topic),
        (SELECT min(hour) FROM unpublished AS u WHERE u.topic = topics.topic)
    ) AS first_hour,
    greatest(
        (SELECT max(hour) FROM hour_state AS h WHERE h.topic = topics.topic),
        (SELECT max(hour) FROM unpublished AS u WHERE u.topic = topics.topic)
    ) AS last_hour
FROM topics
LEFT JOIN longest ON longest.topic = topics.topic
ORDER BY topics.place
