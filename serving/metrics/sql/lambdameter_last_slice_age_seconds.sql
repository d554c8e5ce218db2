SELECT topic, greatest(extract(EPOCH FROM now() - max(updated_at)), 0) AS value
FROM stream_offset
GROUP BY topic
ORDER BY topic
