SELECT s.timestamp, s.id, s.value, s.provisional, c.hour IS NOT NULL AS corrected
FROM ({served}) AS s
LEFT JOIN (
    SELECT DISTINCT hour, key_id
    FROM hour_correction
    WHERE
        topic = %(topic)s AND type = %(type)s
        AND hour > %(start)s - INTERVAL '1 hour' AND hour < %(end)s
) AS c ON c.key_id = s.id AND c.hour = date_bin(INTERVAL '1 hour', s.timestamp, TIMESTAMPTZ 'epoch')
WHERE %(ids)s::text[] IS NULL OR s.id = ANY(%(ids)s::text[])
