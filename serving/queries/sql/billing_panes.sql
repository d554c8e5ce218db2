-- The panes of the windows that start in the range; one of an hour that is served by the batch tables alone, and is
-- final, is final.
SELECT
    p.company, p.currency, p.window_start, p.window_end, p.pane, p.timing, p.is_last, p.value, p.events,
    p.total_value, p.total_events, p.fired_at, coalesce(s.provisional, TRUE) AS provisional, count(*) OVER () AS rows
FROM billing_pane AS p
LEFT JOIN company_window_batch_span AS s ON p.window_start >= s.span_start AND p.window_start < s.span_end
WHERE
    p.window_start >= %(start)s AND p.window_start < %(end)s
    AND (%(companies)s::text[] IS NULL OR p.company = ANY(%(companies)s::text[]))
    AND (%(currency)s::text IS NULL OR p.currency = %(currency)s)
ORDER BY {order}
LIMIT %(limit)s OFFSET %(offset)s
