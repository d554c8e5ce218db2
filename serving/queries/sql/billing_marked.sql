SELECT s.*, c.hour IS NOT NULL AS corrected
FROM (
    SELECT company, currency, window_start, cost, events, provisional FROM company_window
    WHERE window_start >= %(start)s AND window_start < %(hours_start)s
    UNION ALL
    SELECT company, currency, hour, cost, events, provisional FROM company_hour
    WHERE hour >= %(hours_start)s AND hour < %(hours_end)s
    UNION ALL
    SELECT company, currency, window_start, cost, events, provisional FROM company_window
    WHERE window_start >= %(hours_end)s AND window_start < %(end)s
) AS s
LEFT JOIN (
    SELECT DISTINCT hour, key_id
    FROM hour_correction
    WHERE
        topic = %(topic)s AND type = ANY(%(types)s::text[])
        AND hour > %(start)s - INTERVAL '1 hour' AND hour < %(end)s
) AS c
    ON
        c.key_id = s.company || ' ' || s.currency
        AND c.hour = date_bin(INTERVAL '1 hour', s.window_start, TIMESTAMPTZ 'epoch')
WHERE
    (%(companies)s::text[] IS NULL OR s.company = ANY(%(companies)s::text[]))
    AND (%(currency)s::text IS NULL OR s.currency = %(currency)s)
