SELECT partition, next_offset FROM stream_offset WHERE topic = %(topic)s
