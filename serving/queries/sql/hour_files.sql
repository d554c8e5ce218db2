SELECT path, rows, kafka_partition, first_offset, last_offset, generation, superseded, size, sha256, listed_at
FROM archive_file
WHERE topic = %(topic)s AND hour = %(hour)s
ORDER BY superseded IS NOT NULL, generation DESC, path
LIMIT %(limit)s
