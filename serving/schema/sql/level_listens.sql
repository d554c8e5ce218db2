CREATE TABLE level_listens_realtime (
    level text NOT NULL,
    timestamp timestamptz NOT NULL,
    listens bigint NOT NULL DEFAULT 0,
    offers numeric NOT NULL DEFAULT 0,
    generation bigint NOT NULL,
    PRIMARY KEY (generation, timestamp, level)
) WITH (fillfactor = 45);

CREATE TABLE level_listens_batch (
    level text NOT NULL,
    timestamp timestamptz NOT NULL,
    listens bigint NOT NULL DEFAULT 0,
    offers numeric NOT NULL DEFAULT 0,
    PRIMARY KEY (timestamp, level)
);

CREATE INDEX level_listens_batch_by_key ON level_listens_batch (level, timestamp);

CREATE TABLE level_listens_hourly_batch (
    level text NOT NULL,
    timestamp timestamptz NOT NULL,
    listens bigint NOT NULL DEFAULT 0,
    offers numeric NOT NULL DEFAULT 0,
    PRIMARY KEY (timestamp, level)
);

CREATE INDEX level_listens_hourly_batch_by_key ON level_listens_hourly_batch (level, timestamp);

-- The hours that have realtime rows. Steps through the key from hour to hour, as every page asks.
CREATE VIEW level_listens_realtime_hour AS
WITH RECURSIVE step AS (
    (SELECT generation, timestamp FROM level_listens_realtime ORDER BY generation, timestamp LIMIT 1)
    UNION ALL
    SELECT following.*
    FROM step
    CROSS JOIN LATERAL (
        SELECT generation, timestamp
        FROM level_listens_realtime
        WHERE (generation, timestamp) >= (
            step.generation, date_bin(INTERVAL '1 hour', step.timestamp, TIMESTAMPTZ 'epoch') + INTERVAL '1 hour'
        )
        ORDER BY generation, timestamp
        LIMIT 1
    ) AS following
)
SELECT DISTINCT date_bin(INTERVAL '1 hour', timestamp, TIMESTAMPTZ 'epoch') AS hour
FROM step;

-- The spans of time that the batch tables serve alone: all of it but the hours with realtime rows.
CREATE VIEW level_listens_batch_span AS
WITH known AS (
    SELECT
        (
            SELECT coalesce(range_agg(tstzrange(hour, hour + INTERVAL '1 hour')), '{}')
            FROM level_listens_realtime_hour
        ) AS live,
        (
            SELECT coalesce(range_agg(tstzrange(span_start, span_end)), '{}')
            FROM final_span
            WHERE topic = 'listens'
        ) AS final
)
SELECT coalesce(lower(span), '-infinity') AS span_start, coalesce(upper(span), 'infinity') AS span_end, provisional
FROM (
    SELECT unnest(final - live) AS span, FALSE AS provisional FROM known
    UNION ALL
    SELECT unnest('{(,)}'::TSTZMULTIRANGE - final - live) AS span, TRUE AS provisional FROM known
) AS cut;

-- Batch + realtime. Only the hours that have realtime rows are added up.
CREATE VIEW level_listens AS
SELECT b.level, b.timestamp, b.listens, b.offers, s.provisional
FROM level_listens_batch_span AS s
INNER JOIN level_listens_batch AS b ON b.timestamp >= s.span_start AND b.timestamp < s.span_end
UNION ALL
SELECT
    part.level,
    part.timestamp,
    sum(part.listens)::bigint AS listens,
    sum(part.offers) AS offers,
    TRUE AS provisional
FROM (
    SELECT level, timestamp, listens, offers FROM level_listens_realtime
    UNION ALL
    SELECT b.level, b.timestamp, b.listens, b.offers
    FROM level_listens_realtime_hour AS r
    INNER JOIN level_listens_batch AS b ON b.timestamp >= r.hour AND b.timestamp < r.hour + INTERVAL '1 hour'
) AS part
GROUP BY part.level, part.timestamp;

-- Batch + realtime by hour. Only the hours that have realtime rows are added up.
CREATE VIEW level_listens_hourly AS
SELECT b.level, b.timestamp, b.listens, b.offers, s.provisional
FROM level_listens_batch_span AS s
INNER JOIN level_listens_hourly_batch AS b ON b.timestamp >= s.span_start AND b.timestamp < s.span_end
UNION ALL
SELECT
    part.level,
    part.timestamp,
    sum(part.listens)::bigint AS listens,
    sum(part.offers) AS offers,
    TRUE AS provisional
FROM (
    SELECT level, date_bin(INTERVAL '1 hour', timestamp, TIMESTAMPTZ 'epoch') AS timestamp, listens, offers FROM level_listens_realtime
    UNION ALL
    SELECT b.level, b.timestamp, b.listens, b.offers
    FROM level_listens_realtime_hour AS r
    INNER JOIN level_listens_hourly_batch AS b ON b.timestamp >= r.hour AND b.timestamp < r.hour + INTERVAL '1 hour'
) AS part
GROUP BY part.level, part.timestamp;

