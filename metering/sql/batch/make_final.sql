UPDATE hour_state AS state
SET final = true
WHERE state.topic = %(topic)s AND state.hour = %(hour)s
  AND state.revision = %(revision)s AND state.published_generation > 0 AND NOT state.final
  AND NOT EXISTS (
      SELECT FROM archive_file AS file
      WHERE file.topic = state.topic AND file.hour = state.hour AND file.superseded IS NULL
        AND file.generation > state.published_generation AND file.generation <= %(sealed)s
  )
  -- A quota that came or changed since the hour was judged would be lost for ever: the next run judges it first.
  AND NOT EXISTS (
      SELECT FROM unmapped_user AS unmapped
      INNER JOIN user_metadata AS person ON person.id = unmapped.id
      WHERE unmapped.topic = state.topic AND unmapped.hour = state.hour
  )
  AND NOT EXISTS (
      SELECT FROM hour_quota AS judged
      INNER JOIN user_metadata AS person ON person.id = judged.id
      WHERE judged.topic = state.topic AND judged.hour = state.hour
        AND (person.quota, person.email) IS DISTINCT FROM (judged.quota, judged.email)
  )
