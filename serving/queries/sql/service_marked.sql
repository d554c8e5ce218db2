SELECT s.*, c.hour IS NOT NULL AS corrected
FROM (
    SELECT * FROM service_minute WHERE time_stamp >= %(start)s AND time_stamp < %(hours_start)s
    UNION ALL
    SELECT * FROM service_hour WHERE time_stamp >= %(hours_start)s AND time_stamp < %(hours_end)s
    UNION ALL
    SELECT * FROM service_minute WHERE time_stamp >= %(hours_end)s AND time_stamp < %(end)s
) AS s
LEFT JOIN (
    SELECT DISTINCT hour, key_id
    FROM hour_correction
    WHERE
        topic = %(topic)s AND type = ANY(%(types)s::text[])
        AND hour > %(start)s - INTERVAL '1 hour' AND hour < %(end)s
) AS c ON c.key_id = s.service AND c.hour = date_bin(INTERVAL '1 hour', s.time_stamp, TIMESTAMPTZ 'epoch')
WHERE %(services)s::text[] IS NULL OR s.service = ANY(%(services)s::text[])
