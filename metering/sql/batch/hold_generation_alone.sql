SELECT generation FROM stream_generation WHERE topic = %(topic)s FOR UPDATE
