-- The gaps, those that nobody has acknowledged first, then the latest.
SELECT
    topic, partition, first_offset, last_offset, last_offset - first_offset + 1 AS messages, reason, noticed_at,
    acknowledged_by, acknowledged_at, acknowledged_reason, count(*) OVER () AS rows
FROM offset_gap
WHERE
    (%(topics)s::text[] IS NULL OR topic = ANY(%(topics)s::text[]))
    AND (%(acknowledged)s::boolean IS NULL OR (acknowledged_at IS NOT NULL) = %(acknowledged)s)
    AND (%(text)s::text IS NULL OR strpos(lower(reason), lower(%(text)s)) > 0)
ORDER BY acknowledged_at IS NOT NULL, noticed_at DESC, topic, partition, first_offset DESC
LIMIT %(limit)s OFFSET %(offset)s
