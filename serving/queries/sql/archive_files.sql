-- The files in use of the hours that a range touches, the newest first.
SELECT path, hour, rows
FROM archive_file
WHERE topic = %(topic)s AND superseded IS NULL AND hour > %(start)s - INTERVAL '1 hour' AND hour < %(end)s
ORDER BY hour DESC, path
