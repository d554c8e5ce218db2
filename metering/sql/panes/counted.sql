-- What panes were fed up to the sealed generation and what came too late and is no repeat, by window; and of that what
-- was there when the hour was published before.
SELECT
    {dimensions}, window_start, sum(value), sum(events),
    coalesce(sum(value) FILTER (WHERE generation <= %(published)s), 0),
    coalesce(sum(events) FILTER (WHERE generation <= %(published)s), 0)
FROM (
    SELECT generation, {dimensions}, window_start, value, events
    FROM {pane_input}
    UNION ALL
    SELECT generation, {dimensions}, window_start, value, CASE WHEN taken_back THEN -1 ELSE 1 END
    FROM {too_late}
    WHERE NOT repeat
) AS element
WHERE generation <= %(sealed)s AND window_start >= %(start)s AND window_start < %(end)s
GROUP BY {dimensions}, window_start
