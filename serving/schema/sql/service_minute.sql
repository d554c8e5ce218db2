CREATE TABLE service_minute_realtime (
    service text NOT NULL,
    time_stamp timestamptz NOT NULL,
    cpu numeric(38, 3) NOT NULL DEFAULT 0,
    ram numeric(38, 3) NOT NULL DEFAULT 0,
    disk numeric(38, 3) NOT NULL DEFAULT 0,
    max_cpu_time timestamptz,
    max_cpu numeric(38, 3),
    max_ram_time timestamptz,
    max_ram numeric(38, 3),
    max_disk_time timestamptz,
    max_disk numeric(38, 3),
    msg_num bigint NOT NULL DEFAULT 0,
    cpu_known bigint NOT NULL DEFAULT 0,
    ram_known bigint NOT NULL DEFAULT 0,
    disk_known bigint NOT NULL DEFAULT 0,
    generation bigint NOT NULL,
    PRIMARY KEY (generation, time_stamp, service)
) WITH (fillfactor = 45);

CREATE TABLE service_minute_batch (
    service text NOT NULL,
    time_stamp timestamptz NOT NULL,
    cpu numeric(38, 3) NOT NULL DEFAULT 0,
    ram numeric(38, 3) NOT NULL DEFAULT 0,
    disk numeric(38, 3) NOT NULL DEFAULT 0,
    max_cpu_time timestamptz,
    max_cpu numeric(38, 3),
    max_ram_time timestamptz,
    max_ram numeric(38, 3),
    max_disk_time timestamptz,
    max_disk numeric(38, 3),
    msg_num bigint NOT NULL DEFAULT 0,
    cpu_known bigint NOT NULL DEFAULT 0,
    ram_known bigint NOT NULL DEFAULT 0,
    disk_known bigint NOT NULL DEFAULT 0,
    PRIMARY KEY (time_stamp, service)
);

CREATE INDEX service_minute_batch_by_key ON service_minute_batch (service, time_stamp);

CREATE TABLE service_hour_batch (
    service text NOT NULL,
    time_stamp timestamptz NOT NULL,
    cpu numeric(38, 3) NOT NULL DEFAULT 0,
    ram numeric(38, 3) NOT NULL DEFAULT 0,
    disk numeric(38, 3) NOT NULL DEFAULT 0,
    max_cpu_time timestamptz,
    max_cpu numeric(38, 3),
    max_ram_time timestamptz,
    max_ram numeric(38, 3),
    max_disk_time timestamptz,
    max_disk numeric(38, 3),
    msg_num bigint NOT NULL DEFAULT 0,
    cpu_known bigint NOT NULL DEFAULT 0,
    ram_known bigint NOT NULL DEFAULT 0,
    disk_known bigint NOT NULL DEFAULT 0,
    PRIMARY KEY (time_stamp, service)
);

CREATE INDEX service_hour_batch_by_key ON service_hour_batch (service, time_stamp);

-- The hours that have realtime rows. Steps through the key from hour to hour, as every page asks.
CREATE VIEW service_minute_realtime_hour AS
WITH RECURSIVE step AS (
    (SELECT generation, time_stamp FROM service_minute_realtime ORDER BY generation, time_stamp LIMIT 1)
    UNION ALL
    SELECT following.*
    FROM step
    CROSS JOIN LATERAL (
        SELECT generation, time_stamp
        FROM service_minute_realtime
        WHERE (generation, time_stamp) >= (
            step.generation, date_bin(INTERVAL '1 hour', step.time_stamp, TIMESTAMPTZ 'epoch') + INTERVAL '1 hour'
        )
        ORDER BY generation, time_stamp
        LIMIT 1
    ) AS following
)
SELECT DISTINCT date_bin(INTERVAL '1 hour', time_stamp, TIMESTAMPTZ 'epoch') AS hour
FROM step;

-- The spans of time that the batch tables serve alone: all of it but the hours with realtime rows.
CREATE VIEW service_minute_batch_span AS
WITH known AS (
    SELECT
        (
            SELECT coalesce(range_agg(tstzrange(hour, hour + INTERVAL '1 hour')), '{}')
            FROM service_minute_realtime_hour
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
CREATE VIEW service_minute AS
SELECT b.service, b.time_stamp, b.cpu, b.ram, b.disk, b.max_cpu_time, b.max_cpu, b.max_ram_time, b.max_ram, b.max_disk_time, b.max_disk, b.msg_num, b.cpu_known, b.ram_known, b.disk_known, s.provisional
FROM service_minute_batch_span AS s
INNER JOIN service_minute_batch AS b ON b.time_stamp >= s.span_start AND b.time_stamp < s.span_end
UNION ALL
SELECT
    part.service,
    part.time_stamp,
    sum(part.cpu) AS cpu,
    sum(part.ram) AS ram,
    sum(part.disk) AS disk,
    (array_agg(part.max_cpu_time ORDER BY part.max_cpu DESC NULLS LAST, part.max_cpu_time))[1] AS max_cpu_time,
    max(part.max_cpu) AS max_cpu,
    (array_agg(part.max_ram_time ORDER BY part.max_ram DESC NULLS LAST, part.max_ram_time))[1] AS max_ram_time,
    max(part.max_ram) AS max_ram,
    (array_agg(part.max_disk_time ORDER BY part.max_disk DESC NULLS LAST, part.max_disk_time))[1] AS max_disk_time,
    max(part.max_disk) AS max_disk,
    sum(part.msg_num)::bigint AS msg_num,
    sum(part.cpu_known)::bigint AS cpu_known,
    sum(part.ram_known)::bigint AS ram_known,
    sum(part.disk_known)::bigint AS disk_known,
    TRUE AS provisional
FROM (
    SELECT service, time_stamp, cpu, ram, disk, max_cpu_time, max_cpu, max_ram_time, max_ram, max_disk_time, max_disk, msg_num, cpu_known, ram_known, disk_known FROM service_minute_realtime
    UNION ALL
    SELECT b.service, b.time_stamp, b.cpu, b.ram, b.disk, b.max_cpu_time, b.max_cpu, b.max_ram_time, b.max_ram, b.max_disk_time, b.max_disk, b.msg_num, b.cpu_known, b.ram_known, b.disk_known
    FROM service_minute_realtime_hour AS r
    INNER JOIN service_minute_batch AS b ON b.time_stamp >= r.hour AND b.time_stamp < r.hour + INTERVAL '1 hour'
) AS part
GROUP BY part.service, part.time_stamp;

-- Batch + realtime by hour. Only the hours that have realtime rows are added up.
CREATE VIEW service_hour AS
SELECT b.service, b.time_stamp, b.cpu, b.ram, b.disk, b.max_cpu_time, b.max_cpu, b.max_ram_time, b.max_ram, b.max_disk_time, b.max_disk, b.msg_num, b.cpu_known, b.ram_known, b.disk_known, s.provisional
FROM service_minute_batch_span AS s
INNER JOIN service_hour_batch AS b ON b.time_stamp >= s.span_start AND b.time_stamp < s.span_end
UNION ALL
SELECT
    part.service,
    part.time_stamp,
    sum(part.cpu) AS cpu,
    sum(part.ram) AS ram,
    sum(part.disk) AS disk,
    (array_agg(part.max_cpu_time ORDER BY part.max_cpu DESC NULLS LAST, part.max_cpu_time))[1] AS max_cpu_time,
    max(part.max_cpu) AS max_cpu,
    (array_agg(part.max_ram_time ORDER BY part.max_ram DESC NULLS LAST, part.max_ram_time))[1] AS max_ram_time,
    max(part.max_ram) AS max_ram,
    (array_agg(part.max_disk_time ORDER BY part.max_disk DESC NULLS LAST, part.max_disk_time))[1] AS max_disk_time,
    max(part.max_disk) AS max_disk,
    sum(part.msg_num)::bigint AS msg_num,
    sum(part.cpu_known)::bigint AS cpu_known,
    sum(part.ram_known)::bigint AS ram_known,
    sum(part.disk_known)::bigint AS disk_known,
    TRUE AS provisional
FROM (
    SELECT service, date_bin(INTERVAL '1 hour', time_stamp, TIMESTAMPTZ 'epoch') AS time_stamp, cpu, ram, disk, max_cpu_time, max_cpu, max_ram_time, max_ram, max_disk_time, max_disk, msg_num, cpu_known, ram_known, disk_known FROM service_minute_realtime
    UNION ALL
    SELECT b.service, b.time_stamp, b.cpu, b.ram, b.disk, b.max_cpu_time, b.max_cpu, b.max_ram_time, b.max_ram, b.max_disk_time, b.max_disk, b.msg_num, b.cpu_known, b.ram_known, b.disk_known
    FROM service_minute_realtime_hour AS r
    INNER JOIN service_hour_batch AS b ON b.time_stamp >= r.hour AND b.time_stamp < r.hour + INTERVAL '1 hour'
) AS part
GROUP BY part.service, part.time_stamp;
