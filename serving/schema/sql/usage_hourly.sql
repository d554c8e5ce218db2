-- Batch + realtime by hour; the same rule as `usage`. A range where an equal sign would do makes PostgreSQL look up
-- the few realtime hours by index; with the equal sign it reads all hours asked for a second time.
CREATE OR REPLACE VIEW usage_hourly AS
SELECT b.timestamp, b.id, b.value, b.type, s.provisional
FROM batch_span AS s
INNER JOIN bytes_hourly AS b ON b.timestamp >= s.span_start AND b.timestamp < s.span_end
UNION ALL
SELECT part.timestamp, part.id, sum(part.value) AS value, part.type, TRUE AS provisional
FROM (
    SELECT date_bin(INTERVAL '1 hour', timestamp, TIMESTAMPTZ 'epoch') AS timestamp, id, value, type
    FROM bytes
    UNION ALL
    SELECT b.timestamp, b.id, b.value, b.type
    FROM realtime_hour AS r
    INNER JOIN bytes_hourly AS b ON b.timestamp >= r.hour AND b.timestamp < r.hour + INTERVAL '1 hour'
) AS part
GROUP BY part.timestamp, part.id, part.type;
