SELECT unmapped.hour
FROM unmapped_user AS unmapped
INNER JOIN user_metadata AS person ON person.id = unmapped.id
WHERE unmapped.topic = %(topic)s
UNION
SELECT frozen.hour
FROM hour_state AS state
INNER JOIN hour_quota AS frozen ON frozen.topic = state.topic AND frozen.hour = state.hour
INNER JOIN user_metadata AS person ON person.id = frozen.id
WHERE state.topic = %(topic)s
  AND NOT state.final
  AND (person.quota, person.email) IS DISTINCT FROM (frozen.quota, frozen.email)
