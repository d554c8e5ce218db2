SELECT {dimensions}, window_start, value, events, total_value, total_events, panes, on_time, due_at
FROM {pending}
WHERE due_at <= %(now)s OR due_watermark <= %(watermark)s
