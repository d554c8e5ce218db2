-- Batch + realtime, at 5 minutes and by hour. Of the batch table every row is read but those of the hours that have
-- realtime rows, which are added up: whatever index or scan the batch table alone would be read by serves here too.
CREATE OR REPLACE VIEW usage AS
SELECT b.timestamp, b.id, b.value, b.type, NOT b.timestamp <@ (SELECT bytes_final()) AS provisional
FROM bytes_batch AS b
WHERE NOT b.timestamp <@ (SELECT bytes_live())
UNION ALL
SELECT part.timestamp, part.id, sum(part.value) AS value, part.type, TRUE AS provisional
FROM (
    SELECT timestamp, id, value, type FROM bytes
    UNION ALL
    SELECT b.timestamp, b.id, b.value, b.type
    FROM bytes_live_spans() AS live (span)
    INNER JOIN bytes_batch AS b ON b.timestamp >= lower(live.span) AND b.timestamp < upper(live.span)
) AS part
GROUP BY part.timestamp, part.id, part.type;

CREATE OR REPLACE VIEW usage_hourly AS
SELECT b.timestamp, b.id, b.value, b.type, NOT b.timestamp <@ (SELECT bytes_final()) AS provisional
FROM bytes_hourly AS b
WHERE NOT b.timestamp <@ (SELECT bytes_live())
UNION ALL
SELECT part.timestamp, part.id, sum(part.value) AS value, part.type, TRUE AS provisional
FROM (
    SELECT date_bin(INTERVAL '1 hour', timestamp, TIMESTAMPTZ 'epoch') AS timestamp, id, value, type
    FROM bytes
    UNION ALL
    SELECT b.timestamp, b.id, b.value, b.type
    FROM bytes_live_spans() AS live (span)
    INNER JOIN bytes_hourly AS b ON b.timestamp >= lower(live.span) AND b.timestamp < upper(live.span)
) AS part
GROUP BY part.timestamp, part.id, part.type;
