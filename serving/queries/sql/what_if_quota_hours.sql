-- Published hours of users above the quota that the hour was judged by, or above another limit.
SELECT * FROM (
    SELECT
        used.id, used.timestamp AS hour, used.value AS usage, coalesce(frozen.quota, known.quota) AS quota,
        coalesce(%(bytes)s::numeric, coalesce(frozen.quota, known.quota) * %(percent)s::numeric / 100) AS limit_then,
        coalesce(used.value > coalesce(frozen.quota, known.quota), FALSE) AS is_above,
        coalesce(used.value > coalesce(
            %(bytes)s::numeric, coalesce(frozen.quota, known.quota) * %(percent)s::numeric / 100), FALSE
        ) AS would_be_above
    FROM bytes_hourly AS used
    LEFT JOIN hour_quota AS frozen
        ON frozen.topic = %(topic)s AND frozen.hour = used.timestamp AND frozen.id = used.id
    LEFT JOIN user_metadata AS known ON known.id = used.id
    WHERE used.type = %(type)s AND used.timestamp >= %(start)s AND used.timestamp < %(end)s
      AND (%(ids)s::text[] IS NULL OR used.id = ANY(%(ids)s::text[]))
) AS judged
WHERE is_above OR would_be_above
