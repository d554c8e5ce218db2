SELECT hour, revision FROM hour_state WHERE topic = %(topic)s AND hour >= %(start)s AND hour < %(end)s
