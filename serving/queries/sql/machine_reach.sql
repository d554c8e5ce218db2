-- From which hour to which there are samples of a machine; no row where it never sent any. One index probe an end of
-- the batch table; the realtime table holds a few hours.
SELECT min(hour) AS first_hour, max(hour) AS last_hour
FROM (
    (SELECT hour FROM machine_hour_batch WHERE machine_id = %(machine)s ORDER BY hour LIMIT 1)
    UNION ALL
    (SELECT hour FROM machine_hour_batch WHERE machine_id = %(machine)s ORDER BY hour DESC LIMIT 1)
    UNION ALL
    SELECT date_bin(INTERVAL '1 hour', minute, TIMESTAMPTZ 'epoch') FROM machine_minute_realtime
    WHERE machine_id = %(machine)s
) AS known
HAVING count(*) > 0
