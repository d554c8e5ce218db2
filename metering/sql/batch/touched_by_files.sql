SELECT DISTINCT file.hour
FROM archive_file AS file
LEFT JOIN hour_state AS state ON state.topic = file.topic AND state.hour = file.hour
WHERE file.topic = %(topic)s
  AND file.superseded IS NULL
  AND file.generation <= %(sealed)s
  -- An hour whose last try failed is tried again, also where nothing is new: its file may have been restored.
  AND (file.generation > coalesce(state.published_generation, 0) OR state.failed <> '')
ORDER BY file.hour
