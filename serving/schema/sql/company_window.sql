CREATE TABLE company_window_realtime (
    company text NOT NULL,
    currency text NOT NULL,
    window_start timestamptz NOT NULL,
    cost numeric(38, 6) NOT NULL DEFAULT 0,
    events bigint NOT NULL DEFAULT 0,
    generation bigint NOT NULL,
    PRIMARY KEY (generation, window_start, company, currency)
) WITH (fillfactor = 45);

CREATE TABLE company_window_batch (
    company text NOT NULL,
    currency text NOT NULL,
    window_start timestamptz NOT NULL,
    cost numeric(38, 6) NOT NULL DEFAULT 0,
    events bigint NOT NULL DEFAULT 0,
    PRIMARY KEY (window_start, company, currency)
);

CREATE INDEX company_window_batch_by_key ON company_window_batch (company, currency, window_start);

CREATE TABLE company_hour_batch (
    company text NOT NULL,
    currency text NOT NULL,
    hour timestamptz NOT NULL,
    cost numeric(38, 6) NOT NULL DEFAULT 0,
    events bigint NOT NULL DEFAULT 0,
    PRIMARY KEY (hour, company, currency)
);

CREATE INDEX company_hour_batch_by_key ON company_hour_batch (company, currency, hour);

-- The hours that have realtime rows. Steps through the key from hour to hour, as every page asks.
CREATE VIEW company_window_realtime_hour AS
WITH RECURSIVE step AS (
    (SELECT generation, window_start FROM company_window_realtime ORDER BY generation, window_start LIMIT 1)
    UNION ALL
    SELECT following.*
    FROM step
    CROSS JOIN LATERAL (
        SELECT generation, window_start
        FROM company_window_realtime
        WHERE (generation, window_start) >= (
            step.generation, date_bin(INTERVAL '1 hour', step.window_start, TIMESTAMPTZ 'epoch') + INTERVAL '1 hour'
        )
        ORDER BY generation, window_start
        LIMIT 1
    ) AS following
)
SELECT DISTINCT date_bin(INTERVAL '1 hour', window_start, TIMESTAMPTZ 'epoch') AS hour
FROM step;

-- The spans of time that the batch tables serve alone: all of it but the hours with realtime rows.
CREATE VIEW company_window_batch_span AS
WITH known AS (
    SELECT
        (
            SELECT coalesce(range_agg(tstzrange(hour, hour + INTERVAL '1 hour')), '{}')
            FROM company_window_realtime_hour
        ) AS live,
        (
            SELECT coalesce(range_agg(tstzrange(span_start, span_end)), '{}')
            FROM final_span
            WHERE topic = 'billing'
        ) AS final
)
SELECT coalesce(lower(span), '-infinity') AS span_start, coalesce(upper(span), 'infinity') AS span_end, provisional
FROM (
    SELECT unnest(final - live) AS span, FALSE AS provisional FROM known
    UNION ALL
    SELECT unnest('{(,)}'::TSTZMULTIRANGE - final - live) AS span, TRUE AS provisional FROM known
) AS cut;

-- Batch + realtime. Only the hours that have realtime rows are added up.
CREATE VIEW company_window AS
SELECT b.company, b.currency, b.window_start, b.cost, b.events, s.provisional
FROM company_window_batch_span AS s
INNER JOIN company_window_batch AS b ON b.window_start >= s.span_start AND b.window_start < s.span_end
UNION ALL
SELECT
    part.company,
    part.currency,
    part.window_start,
    sum(part.cost) AS cost,
    sum(part.events)::bigint AS events,
    TRUE AS provisional
FROM (
    SELECT company, currency, window_start, cost, events FROM company_window_realtime
    UNION ALL
    SELECT b.company, b.currency, b.window_start, b.cost, b.events
    FROM company_window_realtime_hour AS r
    INNER JOIN company_window_batch AS b ON b.window_start >= r.hour AND b.window_start < r.hour + INTERVAL '1 hour'
) AS part
GROUP BY part.company, part.currency, part.window_start;

-- Batch + realtime by hour. Only the hours that have realtime rows are added up.
CREATE VIEW company_hour AS
SELECT b.company, b.currency, b.hour, b.cost, b.events, s.provisional
FROM company_window_batch_span AS s
INNER JOIN company_hour_batch AS b ON b.hour >= s.span_start AND b.hour < s.span_end
UNION ALL
SELECT
    part.company,
    part.currency,
    part.hour,
    sum(part.cost) AS cost,
    sum(part.events)::bigint AS events,
    TRUE AS provisional
FROM (
    SELECT company, currency, date_bin(INTERVAL '1 hour', window_start, TIMESTAMPTZ 'epoch') AS hour, cost, events FROM company_window_realtime
    UNION ALL
    SELECT b.company, b.currency, b.hour, b.cost, b.events
    FROM company_window_realtime_hour AS r
    INNER JOIN company_hour_batch AS b ON b.hour >= r.hour AND b.hour < r.hour + INTERVAL '1 hour'
) AS part
GROUP BY part.company, part.currency, part.hour;
