-- Hours of the period that are not final, wait to be rated, or have sealed files that no publish has taken over.
SELECT hour
FROM hour_state AS state
WHERE state.topic = ANY(%(topics)s) AND state.hour >= %(start)s AND state.hour < %(end)s
  AND (NOT state.final OR NOT EXISTS (
      SELECT FROM rated_state AS rated
      WHERE rated.topic = state.topic AND rated.hour = state.hour AND rated.revision = state.revision
  ))
UNION
SELECT file.hour
FROM archive_file AS file
INNER JOIN stream_generation AS current ON current.topic = file.topic
LEFT JOIN hour_state AS state ON state.topic = file.topic AND state.hour = file.hour
WHERE file.topic = ANY(%(topics)s) AND file.hour >= %(start)s AND file.hour < %(end)s AND file.superseded IS NULL
  AND file.generation < current.generation AND file.generation > coalesce(state.published_generation, 0)
ORDER BY 1
LIMIT 5
