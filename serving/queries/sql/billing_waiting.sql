-- How far the watermark is, and of the range: open windows and what waits in them, and what came too late.
SELECT
    (SELECT watermark FROM pane_clock WHERE topic = %(topic)s) AS watermark,
    pending.*, late.*
FROM (
    SELECT count(*) AS open_windows, coalesce(sum(events), 0) AS pending_events
    FROM billing_pending
    WHERE
        window_start >= %(start)s AND window_start < %(end)s
        AND (%(companies)s::text[] IS NULL OR company = ANY(%(companies)s::text[]))
        AND (%(currency)s::text IS NULL OR currency = %(currency)s)
) AS pending
CROSS JOIN (
    SELECT
        count(*) FILTER (WHERE NOT taken_back) AS too_late,
        count(*) FILTER (WHERE repeat AND NOT taken_back) AS repeats,
        count(*) FILTER (WHERE repeat IS NULL AND NOT taken_back) AS unjudged,
        count(*) FILTER (WHERE taken_back) AS taken_back
    FROM billing_too_late
    WHERE
        window_start >= %(start)s AND window_start < %(end)s
        AND (%(companies)s::text[] IS NULL OR company = ANY(%(companies)s::text[]))
        AND (%(currency)s::text IS NULL OR currency = %(currency)s)
) AS late
