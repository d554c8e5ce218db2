-- What an earlier arrival of the identity takes back from a window that is closed: no pane can hold it any more.
INSERT INTO {table} (
    partition, "offset", taken_back, generation, {dimensions}, window_start, event_time, event_id, value, ingest_time,
    watermark, noticed_at, repeat
)
SELECT
    holder.partition, holder."offset", TRUE, %(generation)s, {holder_dimensions}, holder.window_start,
    holder.event_time, holder.event_id, -holder.value, holder.ingest_time, %(watermark)s, %(now)s, FALSE
FROM {judged} AS judged
INNER JOIN {identity} AS holder ON holder.event_hour = judged.event_hour AND holder.event_id = judged.event_id
WHERE
    judged.is_held AND NOT judged.repeat
    AND (holder.too_late OR holder.window_start + %(width)s <= %(closed_to)s)
