INSERT INTO {table} (
    partition, "offset", taken_back, generation, {dimensions}, window_start, event_time, event_id, value, ingest_time,
    watermark, noticed_at, repeat
)
SELECT
    partition, "offset", FALSE, %(generation)s, {dimensions}, window_start, event_time, event_id, value, ingest_time,
    %(watermark)s, %(now)s, repeat
FROM {judged}
WHERE too_late
