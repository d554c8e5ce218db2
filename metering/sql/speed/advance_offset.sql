UPDATE stream_offset
SET next_offset = %(next_offset)s,
    end_offset = GREATEST(end_offset, %(next_offset)s),
    last_append = GREATEST(last_append, %(last_append)s),
    updated_at = now()
WHERE topic = %(topic)s AND partition = %(partition)s AND next_offset = %(expected)s
