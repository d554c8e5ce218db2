-- Plays, the newest first. Walks the primary key.
SELECT {columns}
FROM play
WHERE {where}
ORDER BY timestamp DESC, partition DESC, "offset" DESC
LIMIT %(limit)s
