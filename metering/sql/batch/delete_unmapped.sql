DELETE FROM unmapped_user WHERE topic = %(topic)s AND hour = %(hour)s
