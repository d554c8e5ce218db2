SELECT count(*)
FROM (
    SELECT DISTINCT topic, hour FROM archive_file WHERE superseded IS NULL
) AS filled
LEFT JOIN hour_state AS s USING (topic, hour)
WHERE coalesce(s.published_generation, 0) = 0
