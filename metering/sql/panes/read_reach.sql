SELECT
    next_offset, end_offset, nullif(last_append, TIMESTAMPTZ 'epoch'), nullif(ends_asked_at, TIMESTAMPTZ 'epoch')
FROM stream_offset
WHERE topic = %(topic)s
