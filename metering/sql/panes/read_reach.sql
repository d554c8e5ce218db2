SELECT next_offset, end_offset, nullif(last_append, TIMESTAMPTZ 'epoch'), ends_asked_at
FROM stream_offset
WHERE topic = %(topic)s
