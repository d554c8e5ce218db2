-- Windows whose panes and what is pending are not what they were fed, in this statement's snapshot; whose totals are not;
-- or whose panes have a gap.
WITH fired AS (
    SELECT
        {dimensions}, window_start, sum(value) AS value, sum(events) AS events, count(*) AS panes, max(pane) AS last_pane,
        (array_agg(total_value ORDER BY pane DESC))[1] AS total_value,
        (array_agg(total_events ORDER BY pane DESC))[1] AS total_events
    FROM {pane}
    WHERE window_start >= %(start)s AND window_start < %(end)s
    GROUP BY {dimensions}, window_start
),
waiting AS (
    SELECT {dimensions}, window_start, value, events, panes, total_value, total_events
    FROM {pending}
    WHERE window_start >= %(start)s AND window_start < %(end)s
),
fed AS (
    SELECT {dimensions}, window_start, sum(value) AS value, sum(events) AS events
    FROM {pane_input}
    WHERE window_start >= %(start)s AND window_start < %(end)s
    GROUP BY {dimensions}, window_start
)
SELECT
    {dimensions}, window_start,
    coalesce(fired.value, 0) + coalesce(waiting.value, 0), coalesce(fed.value, 0),
    coalesce(fired.events, 0) + coalesce(waiting.events, 0), coalesce(fed.events, 0)
FROM fired
FULL JOIN waiting USING ({dimensions}, window_start)
FULL JOIN fed USING ({dimensions}, window_start)
WHERE
    coalesce(fired.value, 0) + coalesce(waiting.value, 0) <> coalesce(fed.value, 0)
    OR coalesce(fired.events, 0) + coalesce(waiting.events, 0) <> coalesce(fed.events, 0)
    OR coalesce(waiting.total_value, fired.total_value, 0) <> coalesce(fed.value, 0)
    OR coalesce(waiting.total_events, fired.total_events, 0) <> coalesce(fed.events, 0)
    OR coalesce(fired.panes, 0) <> coalesce(fired.last_pane + 1, 0)
    OR coalesce(waiting.panes, fired.panes) IS DISTINCT FROM coalesce(fired.panes, 0)
ORDER BY {dimensions}, window_start
