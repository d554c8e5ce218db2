-- The latest failed hours of each topic.
SELECT named.topic, failing.hour, failing.failed, failing.revision
FROM unnest(%(topics)s::text[]) AS named (topic)
CROSS JOIN LATERAL (
    SELECT h.hour, h.failed, h.revision
    FROM hour_state AS h
    WHERE h.topic = named.topic AND h.failed <> ''
    ORDER BY h.hour DESC
    LIMIT %(limit)s
) AS failing
ORDER BY failing.hour DESC
