ANALYZE {incoming} (window_start, event_id)
