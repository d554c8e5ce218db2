SELECT frozen.hour, frozen.id, frozen.email, frozen.quota
FROM hour_quota AS frozen
INNER JOIN hour_state AS state ON state.topic = frozen.topic AND state.hour = frozen.hour
WHERE frozen.topic = %(topic)s AND frozen.hour = ANY(%(hours)s) AND state.final
