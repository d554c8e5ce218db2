SELECT state.hour, state.revision, state.published_generation
FROM hour_state AS state
INNER JOIN archive_file AS file
    ON file.topic = state.topic AND file.hour = state.hour AND file.superseded IS NULL
   AND file.generation <= state.published_generation AND file.rows < %(whole_rows)s
WHERE state.topic = %(topic)s
GROUP BY state.hour, state.revision, state.published_generation, state.final
HAVING count(*) >= CASE WHEN state.final THEN 2 ELSE %(many)s END
ORDER BY state.hour
