UPDATE stream_offset
SET end_offset = GREATEST(next_offset, %(end_offset)s),
    ends_asked_at = GREATEST(ends_asked_at, %(asked_at)s)
WHERE topic = %(topic)s AND partition = %(partition)s
