DELETE FROM hour_quota WHERE topic = %(topic)s AND hour = %(hour)s
