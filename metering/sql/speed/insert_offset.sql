INSERT INTO stream_offset (topic, partition, first_offset, next_offset, end_offset, last_append)
VALUES (%(topic)s, %(partition)s, %(expected)s, %(next_offset)s, %(next_offset)s, %(last_append)s)
ON CONFLICT (topic, partition) DO NOTHING
