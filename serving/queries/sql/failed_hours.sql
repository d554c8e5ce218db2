SELECT hour, failed, revision FROM hour_state WHERE topic = %(topic)s AND failed <> '' ORDER BY hour DESC LIMIT 50
