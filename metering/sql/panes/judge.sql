-- Each arrived event: whether its window is closed, and whether its identity is counted already. `repeat` is null
-- where the hour's identities are forgotten. Two events that add the same to the same window are the same here.
CREATE TEMPORARY TABLE {judged} ON COMMIT DROP AS
SELECT
    arrived.*,
    arrived.window_start + %(width)s <= %(closed_to)s AS too_late,
    holder.event_id IS NOT NULL AS is_held,
    CASE
        WHEN arrived.event_id IS NULL THEN FALSE
        WHEN arrived.event_hour + INTERVAL '1 hour' <= %(closed_to)s THEN NULL
        WHEN arrived.place_in_slice > 1 THEN TRUE
        WHEN holder.event_id IS NULL THEN FALSE
        ELSE
            ({holder_effect}) = ({arrived_effect})
            OR (holder.ingest_time, holder.partition, holder."offset")
            < (arrived.ingest_time, arrived.partition, arrived."offset")
    END AS repeat
FROM (
    SELECT
        incoming.*,
        date_bin(INTERVAL '1 hour', window_start, TIMESTAMPTZ 'epoch') AS event_hour,
        row_number() OVER (
            PARTITION BY date_bin(INTERVAL '1 hour', window_start, TIMESTAMPTZ 'epoch'), event_id
            ORDER BY ingest_time, partition, "offset"
        ) AS place_in_slice
    FROM {incoming} AS incoming
) AS arrived
LEFT JOIN {identity} AS holder
    ON holder.event_hour = arrived.event_hour AND holder.event_id = arrived.event_id
