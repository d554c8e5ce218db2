-- What each window is fed: the events that count, less those that an earlier arrival of their identity takes back.
CREATE TEMPORARY TABLE {fed} ON COMMIT DROP AS
SELECT {dimensions}, window_start, sum(value) AS value, sum(events) AS events
FROM (
    SELECT {dimensions}, window_start, value, 1 AS events
    FROM {judged}
    WHERE NOT too_late AND NOT repeat
    UNION ALL
    SELECT {holder_dimensions}, holder.window_start, -holder.value, -1
    FROM {judged} AS judged
    INNER JOIN {identity} AS holder ON holder.event_hour = judged.event_hour AND holder.event_id = judged.event_id
    WHERE
        judged.is_held AND NOT judged.repeat
        AND NOT holder.too_late AND holder.window_start + %(width)s > %(closed_to)s
) AS element
GROUP BY {dimensions}, window_start
