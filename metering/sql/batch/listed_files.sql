SELECT hour, path, rows, generation, size, first_ingest, sha256
FROM archive_file
WHERE topic = %(topic)s AND hour = ANY(%(hours)s) AND superseded IS NULL AND generation <= %(sealed)s
ORDER BY hour, generation, path
