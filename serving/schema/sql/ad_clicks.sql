CREATE TABLE ad_clicks_realtime (
    ad text NOT NULL,
    timestamp timestamptz NOT NULL,
    clicks bigint NOT NULL DEFAULT 0,
    generation bigint NOT NULL,
    PRIMARY KEY (generation, timestamp, ad)
) WITH (fillfactor = 45);

CREATE TABLE ad_clicks_batch (
    ad text NOT NULL,
    timestamp timestamptz NOT NULL,
    clicks bigint NOT NULL DEFAULT 0,
    PRIMARY KEY (timestamp, ad)
);

CREATE INDEX ad_clicks_batch_by_key ON ad_clicks_batch (ad, timestamp);

CREATE TABLE ad_clicks_hourly_batch (
    ad text NOT NULL,
    timestamp timestamptz NOT NULL,
    clicks bigint NOT NULL DEFAULT 0,
    PRIMARY KEY (timestamp, ad)
);

CREATE INDEX ad_clicks_hourly_batch_by_key ON ad_clicks_hourly_batch (ad, timestamp);

-- The hours that have realtime rows. Steps through the key from hour to hour, as every page asks.
CREATE VIEW ad_clicks_realtime_hour AS
WITH RECURSIVE step AS (
    (SELECT generation, timestamp FROM ad_clicks_realtime ORDER BY generation, timestamp LIMIT 1)
    UNION ALL
    SELECT following.*
    FROM step
    CROSS JOIN LATERAL (
        SELECT generation, timestamp
        FROM ad_clicks_realtime
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
CREATE VIEW ad_clicks_batch_span AS
WITH known AS (
    SELECT
        (
            SELECT coalesce(range_agg(tstzrange(hour, hour + INTERVAL '1 hour')), '{}')
            FROM ad_clicks_realtime_hour
        ) AS live,
        (
            SELECT coalesce(range_agg(tstzrange(span_start, span_end)), '{}')
            FROM final_span
            WHERE topic = 'clicks'
        ) AS final
)
SELECT coalesce(lower(span), '-infinity') AS span_start, coalesce(upper(span), 'infinity') AS span_end, provisional
FROM (
    SELECT unnest(final - live) AS span, FALSE AS provisional FROM known
    UNION ALL
    SELECT unnest('{(,)}'::TSTZMULTIRANGE - final - live) AS span, TRUE AS provisional FROM known
) AS cut;

-- Batch + realtime. Only the hours that have realtime rows are added up.
CREATE VIEW ad_clicks AS
SELECT b.ad, b.timestamp, b.clicks, s.provisional
FROM ad_clicks_batch_span AS s
INNER JOIN ad_clicks_batch AS b ON b.timestamp >= s.span_start AND b.timestamp < s.span_end
UNION ALL
SELECT
    part.ad,
    part.timestamp,
    sum(part.clicks)::bigint AS clicks,
    TRUE AS provisional
FROM (
    SELECT ad, timestamp, clicks FROM ad_clicks_realtime
    UNION ALL
    SELECT b.ad, b.timestamp, b.clicks
    FROM ad_clicks_realtime_hour AS r
    INNER JOIN ad_clicks_batch AS b ON b.timestamp >= r.hour AND b.timestamp < r.hour + INTERVAL '1 hour'
) AS part
GROUP BY part.ad, part.timestamp;

-- Batch + realtime by hour. Only the hours that have realtime rows are added up.
CREATE VIEW ad_clicks_hourly AS
SELECT b.ad, b.timestamp, b.clicks, s.provisional
FROM ad_clicks_batch_span AS s
INNER JOIN ad_clicks_hourly_batch AS b ON b.timestamp >= s.span_start AND b.timestamp < s.span_end
UNION ALL
SELECT
    part.ad,
    part.timestamp,
    sum(part.clicks)::bigint AS clicks,
    TRUE AS provisional
FROM (
    SELECT ad, date_bin(INTERVAL '1 hour', timestamp, TIMESTAMPTZ 'epoch') AS timestamp, clicks FROM ad_clicks_realtime
    UNION ALL
    SELECT b.ad, b.timestamp, b.clicks
    FROM ad_clicks_realtime_hour AS r
    INNER JOIN ad_clicks_hourly_batch AS b ON b.timestamp >= r.hour AND b.timestamp < r.hour + INTERVAL '1 hour'
) AS part
GROUP BY part.ad, part.timestamp;

