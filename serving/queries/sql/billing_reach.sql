-- From which hour to which there are events of a company; no row where there never were any.
SELECT min(hour) AS first_hour, max(hour) AS last_hour
FROM (
    SELECT hour FROM company_hour_batch WHERE company = %(company)s
    UNION ALL
    SELECT date_bin(INTERVAL '1 hour', window_start, TIMESTAMPTZ 'epoch') FROM company_window_realtime
    WHERE company = %(company)s
) AS known
HAVING count(*) > 0
