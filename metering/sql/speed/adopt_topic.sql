UPDATE stream_generation SET topic_id = %(topic_id)s WHERE topic = %(topic)s
