SELECT DISTINCT file.hour
FROM archive_file AS file
LEFT JOIN hour_state AS state ON state.topic = file.topic AND state.hour = file.hour
WHERE file.topic = %(topic)s
  AND file.superseded IS NULL
  AND file.generation <= %(sealed)s
  AND file.generation > coalesce(state.published_generation, 0)
ORDER BY file.hour
