-- The hours that have realtime rows. Steps through the primary key of `bytes` from hour to hour (a handful of
-- index probes for each generation and type), because every page asks and reading all realtime rows is dear.
CREATE OR REPLACE VIEW realtime_hour AS
WITH RECURSIVE step AS (
    (SELECT generation, type, timestamp FROM bytes ORDER BY generation, type, timestamp LIMIT 1)
    UNION ALL
    SELECT following.generation, following.type, following.timestamp
    FROM step
    CROSS JOIN LATERAL (
        SELECT generation, type, timestamp
        FROM bytes
        WHERE (generation, type, timestamp) >= (
            step.generation,
            step.type,
            date_bin(INTERVAL '1 hour', step.timestamp, TIMESTAMPTZ 'epoch') + INTERVAL '1 hour'
        )
        ORDER BY generation, type, timestamp
        LIMIT 1
    ) AS following
)
SELECT DISTINCT date_bin(INTERVAL '1 hour', timestamp, TIMESTAMPTZ 'epoch') AS hour
FROM step;
