-- Every proof of the hour, the newest run first, with what is kept of the run.
SELECT
    p.run, p.type, p.generation, p.realtime, p.archive, p.batch, p.duplicates, p.ok, p.why, p.proved_at,
    r.started_at, r.finished_at, coalesce(r.status, '') AS status
FROM proof AS p
LEFT JOIN batch_run AS r ON r.run = p.run
WHERE p.topic = %(topic)s AND p.hour = %(hour)s
ORDER BY p.run DESC, p.type DESC
LIMIT %(limit)s
