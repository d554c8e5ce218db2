SELECT state.hour, state.revision
FROM hour_state AS state
LEFT JOIN rated_state AS rated ON rated.topic = state.topic AND rated.hour = state.hour
WHERE state.topic = %(topic)s AND state.revision > 0 AND rated.revision IS DISTINCT FROM state.revision
ORDER BY state.hour
