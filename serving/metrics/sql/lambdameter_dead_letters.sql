SELECT topic, reason, state, count(*) AS value
FROM dead_letter
GROUP BY topic, reason, state
ORDER BY topic, reason, state
