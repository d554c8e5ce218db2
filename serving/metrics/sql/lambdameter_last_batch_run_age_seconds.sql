SELECT topic, greatest(extract(EPOCH FROM now() - max(finished_at)), 0) AS value
FROM batch_run
WHERE finished_at IS NOT NULL
GROUP BY topic
ORDER BY topic
