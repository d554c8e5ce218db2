-- A page of the dead letters, the latest first.
SELECT
    topic, partition, "offset", reason, state, field, found, hint, substring(raw FROM 1 FOR %(bytes)s) AS raw,
    greatest(raw_size, length(raw)) AS size, noticed_at, state_by, state_at, state_reason, replay_offset
FROM dead_letter
WHERE
    noticed_at >= %(start)s AND noticed_at < %(end)s
    AND (
        %(text)s::text IS NULL
        OR position(convert_to(%(text)s, 'UTF8') IN raw) > 0
        OR strpos(lower(field), lower(%(text)s)) > 0
        OR strpos(lower(found), lower(%(text)s)) > 0
    )
    AND (%(topics)s::text[] IS NULL OR topic = ANY(%(topics)s::text[]))
    AND (%(reasons)s::text[] IS NULL OR reason = ANY(%(reasons)s::text[]))
    AND (%(states)s::text[] IS NULL OR state = ANY(%(states)s::text[]))
ORDER BY noticed_at DESC, topic, partition, "offset" DESC
LIMIT %(limit)s OFFSET %(offset)s
