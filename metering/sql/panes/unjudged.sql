SELECT partition, "offset", event_id, generation, watermark, noticed_at
FROM {table}
WHERE
    repeat IS NULL AND generation <= %(sealed)s AND window_start >= %(start)s AND window_start < %(end)s
    AND NOT taken_back
