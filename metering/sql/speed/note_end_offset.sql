UPDATE stream_offset SET end_offset = GREATEST(next_offset, %(end_offset)s)
WHERE topic = %(topic)s AND partition = %(partition)s
