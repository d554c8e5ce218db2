SELECT hour, published_generation, revision, final
FROM hour_state
WHERE topic = %(topic)s AND hour = ANY(%(hours)s)
