SELECT partition, first_offset FROM stream_offset WHERE topic = %(topic)s
