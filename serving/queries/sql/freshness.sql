-- How far the data reaches, how far it is final, and what each stage last said.
WITH realtime AS MATERIALIZED (
    SELECT min(hour) AS first_hour, max(hour) AS last_hour FROM realtime_hour
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
    (SELECT max(hour) FROM hour_state WHERE topic = %(topic)s AND final) AS last_final,
    (SELECT min(hour) FROM hour_state WHERE topic = %(topic)s AND final) AS first_final,
    least(
        (SELECT min(timestamp) FROM bytes_hourly WHERE type = %(type)s), realtime.first_hour
    ) AS first_hour,
    greatest(
        (SELECT max(timestamp) FROM bytes_hourly WHERE type = %(type)s), realtime.last_hour
    ) AS last_hour
FROM realtime
