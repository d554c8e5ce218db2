-- The latest runs of each topic.
SELECT named.topic, latest.*
FROM unnest(%(topics)s::text[]) AS named (topic)
CROSS JOIN LATERAL (
    SELECT r.run, r.sealed_generation, r.started_at, r.finished_at, r.hours_published, r.hours_failed, r.status, r.note
    FROM batch_run AS r
    WHERE r.topic = named.topic
    ORDER BY r.started_at DESC
    LIMIT %(limit)s
) AS latest
ORDER BY latest.started_at DESC
