-- The first of each identity holds it. An earlier arrival of the same takes over the place, not what was fed.
INSERT INTO {table} AS holder (
    event_hour, event_id, {dimensions}, window_start, value, ingest_time, partition, "offset", event_time, too_late
)
SELECT
    event_hour, event_id, {dimensions}, window_start, value, ingest_time, partition, "offset", event_time, too_late
FROM {judged}
WHERE event_id IS NOT NULL AND repeat IS NOT NULL AND place_in_slice = 1
ORDER BY event_hour, event_id
ON CONFLICT (event_hour, event_id) DO UPDATE SET
    {take_over},
    ingest_time = EXCLUDED.ingest_time,
    partition = EXCLUDED.partition,
    "offset" = EXCLUDED."offset",
    event_time = EXCLUDED.event_time,
    too_late = CASE
        WHEN ({holder_effect}) = ({excluded_effect}) THEN holder.too_late
        ELSE EXCLUDED.too_late
    END
WHERE
    (EXCLUDED.ingest_time, EXCLUDED.partition, EXCLUDED."offset")
    < (holder.ingest_time, holder.partition, holder."offset")
