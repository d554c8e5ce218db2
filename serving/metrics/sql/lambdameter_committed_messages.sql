SELECT topic, partition, next_offset - first_offset AS value
FROM stream_offset
ORDER BY topic, partition
