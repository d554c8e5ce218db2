INSERT INTO hour_state (topic, hour, published_generation, revision, events, duplicates, final, failed)
VALUES (%(topic)s, %(hour)s, 0, 0, 0, 0, false, %(why)s)
ON CONFLICT (topic, hour) DO UPDATE SET failed = EXCLUDED.failed
