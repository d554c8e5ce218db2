-- How many panes of each timing fired for the windows that start in each bucket.
SELECT
    width_bucket(p.window_start, %(edges)s::timestamptz[]) AS bucket, p.timing, count(*) AS panes,
    bool_or(coalesce(s.provisional, TRUE)) AS provisional
FROM billing_pane AS p
LEFT JOIN company_window_batch_span AS s ON p.window_start >= s.span_start AND p.window_start < s.span_end
WHERE
    p.window_start >= %(start)s AND p.window_start < %(end)s
    AND (%(companies)s::text[] IS NULL OR p.company = ANY(%(companies)s::text[]))
    AND (%(currency)s::text IS NULL OR p.currency = %(currency)s)
GROUP BY bucket, p.timing
ORDER BY bucket, p.timing
