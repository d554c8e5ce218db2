SELECT revision FROM hour_state WHERE topic = %(topic)s AND hour = %(hour)s AND revision = %(revision)s FOR UPDATE
