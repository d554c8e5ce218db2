UPDATE alert AS told
SET state = verdict.state, value = verdict.value, threshold = verdict.threshold, judged_at = clock_timestamp()
FROM (VALUES %s) AS verdict (number, state, value, threshold)
WHERE told.number = verdict.number
