SELECT topic_id FROM stream_generation WHERE topic = %(topic)s
