UPDATE stream_generation SET generation = generation + 1 WHERE topic = %(topic)s RETURNING generation - 1
