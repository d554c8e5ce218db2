CREATE TABLE machine_minute_realtime (
    machine_id text NOT NULL,
    minute timestamptz NOT NULL,
    cpu numeric(38, 3) NOT NULL DEFAULT 0,
    ram numeric(38, 3) NOT NULL DEFAULT 0,
    cpu_percent_s numeric(38, 3) NOT NULL DEFAULT 0,
    ram_percent_s numeric(38, 3) NOT NULL DEFAULT 0,
    sampled_s numeric NOT NULL DEFAULT 0,
    samples bigint NOT NULL DEFAULT 0,
    generation bigint NOT NULL,
    PRIMARY KEY (generation, minute, machine_id)
) WITH (fillfactor = 45);

CREATE TABLE machine_minute_batch (
    machine_id text NOT NULL,
    minute timestamptz NOT NULL,
    cpu numeric(38, 3) NOT NULL DEFAULT 0,
    ram numeric(38, 3) NOT NULL DEFAULT 0,
    cpu_percent_s numeric(38, 3) NOT NULL DEFAULT 0,
    ram_percent_s numeric(38, 3) NOT NULL DEFAULT 0,
    sampled_s numeric NOT NULL DEFAULT 0,
    samples bigint NOT NULL DEFAULT 0,
    PRIMARY KEY (minute, machine_id)
);

CREATE INDEX machine_minute_batch_by_key ON machine_minute_batch (machine_id, minute);

CREATE TABLE machine_hour_batch (
    machine_id text NOT NULL,
    hour timestamptz NOT NULL,
    cpu numeric(38, 3) NOT NULL DEFAULT 0,
    ram numeric(38, 3) NOT NULL DEFAULT 0,
    cpu_percent_s numeric(38, 3) NOT NULL DEFAULT 0,
    ram_percent_s numeric(38, 3) NOT NULL DEFAULT 0,
    sampled_s numeric NOT NULL DEFAULT 0,
    samples bigint NOT NULL DEFAULT 0,
    PRIMARY KEY (hour, machine_id)
);

CREATE INDEX machine_hour_batch_by_key ON machine_hour_batch (machine_id, hour);

-- The hours that have realtime rows. Steps through the key from hour to hour, as every page asks.
CREATE VIEW machine_minute_realtime_hour AS
WITH RECURSIVE step AS (
    (SELECT generation, minute FROM machine_minute_realtime ORDER BY generation, minute LIMIT 1)
    UNION ALL
    SELECT following.*
    FROM step
    CROSS JOIN LATERAL (
        SELECT generation, minute
        FROM machine_minute_realtime
        WHERE (generation, minute) >= (
            step.generation, date_bin(INTERVAL '1 hour', step.minute, TIMESTAMPTZ 'epoch') + INTERVAL '1 hour'
        )
        ORDER BY generation, minute
        LIMIT 1
    ) AS following
)
SELECT DISTINCT date_bin(INTERVAL '1 hour', minute, TIMESTAMPTZ 'epoch') AS hour
FROM step;

-- The spans of time that the batch tables serve alone: all of it but the hours with realtime rows.
CREATE VIEW machine_minute_batch_span AS
WITH known AS (
    SELECT
        (
            SELECT coalesce(range_agg(tstzrange(hour, hour + INTERVAL '1 hour')), '{}')
            FROM machine_minute_realtime_hour
        ) AS live,
        (
            SELECT coalesce(range_agg(tstzrange(span_start, span_end)), '{}')
            FROM final_span
            WHERE topic = 'resource_usage'
        ) AS final
)
SELECT coalesce(lower(span), '-infinity') AS span_start, coalesce(upper(span), 'infinity') AS span_end, provisional
FROM (
    SELECT unnest(final - live) AS span, FALSE AS provisional FROM known
    UNION ALL
    SELECT unnest('{(,)}'::TSTZMULTIRANGE - final - live) AS span, TRUE AS provisional FROM known
) AS cut;

-- Batch + realtime. Only the hours that have realtime rows are added up.
CREATE VIEW machine_minute AS
SELECT b.machine_id, b.minute, b.cpu, b.ram, b.cpu_percent_s, b.ram_percent_s, b.sampled_s, b.samples, s.provisional
FROM machine_minute_batch_span AS s
INNER JOIN machine_minute_batch AS b ON b.minute >= s.span_start AND b.minute < s.span_end
UNION ALL
SELECT
    part.machine_id,
    part.minute,
    sum(part.cpu) AS cpu,
    sum(part.ram) AS ram,
    sum(part.cpu_percent_s) AS cpu_percent_s,
    sum(part.ram_percent_s) AS ram_percent_s,
    sum(part.sampled_s) AS sampled_s,
    sum(part.samples)::bigint AS samples,
    TRUE AS provisional
FROM (
    SELECT machine_id, minute, cpu, ram, cpu_percent_s, ram_percent_s, sampled_s, samples FROM machine_minute_realtime
    UNION ALL
    SELECT b.machine_id, b.minute, b.cpu, b.ram, b.cpu_percent_s, b.ram_percent_s, b.sampled_s, b.samples
    FROM machine_minute_realtime_hour AS r
    INNER JOIN machine_minute_batch AS b ON b.minute >= r.hour AND b.minute < r.hour + INTERVAL '1 hour'
) AS part
GROUP BY part.machine_id, part.minute;

-- Batch + realtime by hour. Only the hours that have realtime rows are added up.
CREATE VIEW machine_hour AS
SELECT b.machine_id, b.hour, b.cpu, b.ram, b.cpu_percent_s, b.ram_percent_s, b.sampled_s, b.samples, s.provisional
FROM machine_minute_batch_span AS s
INNER JOIN machine_hour_batch AS b ON b.hour >= s.span_start AND b.hour < s.span_end
UNION ALL
SELECT
    part.machine_id,
    part.hour,
    sum(part.cpu) AS cpu,
    sum(part.ram) AS ram,
    sum(part.cpu_percent_s) AS cpu_percent_s,
    sum(part.ram_percent_s) AS ram_percent_s,
    sum(part.sampled_s) AS sampled_s,
    sum(part.samples)::bigint AS samples,
    TRUE AS provisional
FROM (
    SELECT machine_id, date_bin(INTERVAL '1 hour', minute, TIMESTAMPTZ 'epoch') AS hour, cpu, ram, cpu_percent_s, ram_percent_s, sampled_s, samples FROM machine_minute_realtime
    UNION ALL
    SELECT b.machine_id, b.hour, b.cpu, b.ram, b.cpu_percent_s, b.ram_percent_s, b.sampled_s, b.samples
    FROM machine_minute_realtime_hour AS r
    INNER JOIN machine_hour_batch AS b ON b.hour >= r.hour AND b.hour < r.hour + INTERVAL '1 hour'
) AS part
GROUP BY part.machine_id, part.hour;
