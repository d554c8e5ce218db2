-- The machines seen since a moment, each with the minute of its last sample. Steps from machine to machine through the
-- index of the hours, and takes each one's last minute from that of the minutes: no table is read whole but the
-- realtime one, which holds a few hours.
WITH RECURSIVE known AS (
    (SELECT machine_id FROM machine_hour_batch ORDER BY machine_id LIMIT 1)
    UNION ALL
    SELECT following.machine_id
    FROM known
    CROSS JOIN LATERAL (
        SELECT machine_id FROM machine_hour_batch WHERE machine_id > known.machine_id ORDER BY machine_id LIMIT 1
    ) AS following
),
seen AS (
    SELECT known.machine_id, latest.minute
    FROM known
    CROSS JOIN LATERAL (
        SELECT minute FROM machine_minute_batch
        WHERE machine_id = known.machine_id AND minute >= %(since)s
        ORDER BY minute DESC
        LIMIT 1
    ) AS latest
    UNION ALL
    SELECT machine_id, max(minute) FROM machine_minute_realtime WHERE minute >= %(since)s GROUP BY machine_id
),
last_seen AS (
    SELECT machine_id, max(minute) AS last_minute
    FROM seen
    WHERE %(find)s = '' OR strpos(lower(machine_id), lower(%(find)s)) > 0
    GROUP BY machine_id
)
SELECT machine_id, last_minute, count(*) OVER () AS rows
FROM last_seen
ORDER BY {order}
LIMIT %(limit)s OFFSET %(offset)s
