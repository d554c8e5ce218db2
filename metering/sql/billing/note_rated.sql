INSERT INTO rated_state (topic, hour, revision)
VALUES %s
ON CONFLICT (topic, hour) DO UPDATE SET revision = EXCLUDED.revision
