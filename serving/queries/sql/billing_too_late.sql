-- What came after its window was closed, and what was taken back from a closed window.
SELECT
    noticed_at, company, currency, window_start, event_time, event_id, value, watermark, repeat, taken_back, partition,
    "offset",
    count(*) OVER () AS rows
FROM billing_too_late
WHERE
    window_start >= %(start)s AND window_start < %(end)s
    AND (%(companies)s::text[] IS NULL OR company = ANY(%(companies)s::text[]))
    AND (%(currency)s::text IS NULL OR currency = %(currency)s)
ORDER BY {order}
LIMIT %(limit)s OFFSET %(offset)s
