SELECT layer, started_at, seen_at, detail FROM layer_status ORDER BY layer
