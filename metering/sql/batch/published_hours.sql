SELECT hour, published_generation
FROM hour_state
WHERE topic = %(topic)s AND hour >= %(start)s AND hour < %(end)s AND published_generation > 0
