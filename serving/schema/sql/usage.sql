-- Batch + realtime at 5 minutes. Only the hours that have realtime rows are added up, so that a page over the
-- others costs what the batch table costs.
CREATE OR REPLACE VIEW usage AS
SELECT b.timestamp, b.id, b.value, b.type, s.provisional
FROM batch_span AS s
INNER JOIN bytes_batch AS b ON b.timestamp >= s.span_start AND b.timestamp < s.span_end
UNION ALL
SELECT part.timestamp, part.id, sum(part.value) AS value, part.type, TRUE AS provisional
FROM (
    SELECT timestamp, id, value, type FROM bytes
    UNION ALL
    SELECT b.timestamp, b.id, b.value, b.type
    FROM realtime_hour AS r
    INNER JOIN bytes_batch AS b ON b.timestamp >= r.hour AND b.timestamp < r.hour + INTERVAL '1 hour'
) AS part
GROUP BY part.timestamp, part.id, part.type;
