UPDATE hour_state AS state
SET final = true
WHERE state.topic = %(topic)s AND state.hour = %(hour)s
  AND state.revision = %(revision)s AND state.published_generation > 0 AND NOT state.final
  AND NOT EXISTS (
      SELECT FROM archive_file AS file
      WHERE file.topic = state.topic AND file.hour = state.hour AND file.superseded IS NULL
        AND file.generation > state.published_generation AND file.generation <= %(sealed)s
  )
