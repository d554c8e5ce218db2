SELECT hour, revision, published_generation, first_arrival
FROM hour_state
WHERE topic = %(topic)s AND NOT final AND published_generation > 0
ORDER BY hour
