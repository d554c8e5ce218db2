SELECT hour, path, rows, generation, size, first_ingest, sha256
FROM archive_file
WHERE topic = %(topic)s
  AND superseded IS NULL
  AND hour > coalesce(%(start)s, TIMESTAMPTZ '-infinity') - INTERVAL '1 hour'
  AND hour < coalesce(%(end)s, TIMESTAMPTZ 'infinity')
ORDER BY hour, generation, path
