SELECT hour, path, rows, size, generation, sha256
FROM archive_file
WHERE topic = %(topic)s
  AND superseded IS NULL
  AND hour >= %(since)s
  AND hour < %(until)s
ORDER BY hour, path
