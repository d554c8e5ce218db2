SELECT run, sealed_generation, started_at, finished_at, hours_published, hours_failed, status, note
FROM batch_run
WHERE topic = %(topic)s
ORDER BY started_at DESC
LIMIT %(limit)s
