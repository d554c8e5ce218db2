SELECT topic, partition, sum(last_offset - first_offset + 1) AS value
FROM offset_gap
GROUP BY topic, partition
ORDER BY topic, partition
