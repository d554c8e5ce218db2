SELECT
    {fed_dimensions}, fed.window_start, coalesce(pending.value, 0), coalesce(pending.events, 0),
    coalesce(pending.total_value, 0), coalesce(pending.total_events, 0), coalesce(pending.panes, 0),
    coalesce(pending.on_time, FALSE), pending.due_at, fed.value, fed.events
FROM {fed} AS fed
LEFT JOIN {pending} AS pending USING ({dimensions}, window_start)
