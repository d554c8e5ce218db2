INSERT INTO layer_status (layer, started_at, seen_at, detail)
VALUES (%(layer)s, %(started_at)s, now(), %(detail)s)
ON CONFLICT (layer) DO UPDATE SET started_at = EXCLUDED.started_at, seen_at = now(), detail = EXCLUDED.detail
