DELETE FROM dead_letter
WHERE topic = %(topic)s AND partition = %(partition)s AND "offset" = %(offset)s AND reason = 'CONFLICT'
