SELECT topic, partition, greatest(end_offset - next_offset, 0) AS value
FROM stream_offset
ORDER BY topic, partition
