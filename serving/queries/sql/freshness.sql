-- How far the data reaches, how far it is final, and what each stage last said.
WITH realtime AS MATERIALIZED (
    SELECT min(hour) AS first_hour, max(hour) AS last_hour FROM realtime_hour
),
-- Hours that are not final, each since when it could be counted whole: its end, or the arrival of its first event.
waiting_hours AS (
    SELECT hour, greatest(hour + INTERVAL '1 hour', first_arrival) AS since
    FROM hour_state
    WHERE topic = %(topic)s AND NOT final
    UNION ALL
    SELECT file.hour, greatest(file.hour + INTERVAL '1 hour', min(file.first_ingest))
    FROM archive_file AS file
    WHERE file.topic = %(topic)s AND file.superseded IS NULL
      AND NOT EXISTS (SELECT FROM hour_state AS h WHERE h.topic = file.topic AND h.hour = file.hour)
    GROUP BY file.hour
),
longest AS (
    SELECT hour, since FROM waiting_hours ORDER BY since, hour LIMIT 1
)
SELECT
    (
        SELECT max(last_append) FROM stream_offset
        WHERE topic = %(topic)s AND last_append > TIMESTAMPTZ 'epoch'
    ) AS data_to,
    (
        SELECT coalesce(sum(greatest(end_offset - next_offset, 0)), 0) FROM stream_offset
        WHERE topic = %(topic)s
    ) AS waiting,
    (SELECT max(seen_at) FROM layer_status WHERE layer = 'speed:' || %(topic)s) AS speed_seen,
    (SELECT max(started_at) FROM batch_run WHERE topic = %(topic)s) AS batch_started,
    least(
        (SELECT min(hour) FROM hour_state WHERE topic = %(topic)s AND NOT final), realtime.first_hour
    ) AS first_open,
    longest.hour AS longest_open,
    longest.since AS open_since,
    (SELECT max(hour) FROM hour_state WHERE topic = %(topic)s AND final) AS last_final,
    (SELECT min(hour) FROM hour_state WHERE topic = %(topic)s AND final) AS first_final,
    least(
        (SELECT min(timestamp) FROM bytes_hourly WHERE type = %(type)s), realtime.first_hour
    ) AS first_hour,
    greatest(
        (SELECT max(timestamp) FROM bytes_hourly WHERE type = %(type)s), realtime.last_hour
    ) AS last_hour
FROM realtime
LEFT JOIN longest ON TRUE
