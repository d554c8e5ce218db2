-- What waits to be fired, and windows that are open though nothing waits.
SELECT
    company, currency, window_start, window_end, value, events, total_value, total_events, panes, on_time, due_at,
    due_watermark, count(*) OVER () AS rows
FROM billing_pending
WHERE
    window_start >= %(start)s AND window_start < %(end)s
    AND (%(companies)s::text[] IS NULL OR company = ANY(%(companies)s::text[]))
    AND (%(currency)s::text IS NULL OR currency = %(currency)s)
ORDER BY {order}
LIMIT %(limit)s OFFSET %(offset)s
