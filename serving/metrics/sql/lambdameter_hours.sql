SELECT h.topic, s.state, count(*) FILTER (
    WHERE CASE s.state WHEN 'final' THEN h.final WHEN 'provisional' THEN NOT h.final ELSE h.failed <> '' END
) AS value
FROM hour_state AS h
CROSS JOIN (VALUES ('final'), ('provisional'), ('failed')) AS s (state)
GROUP BY h.topic, s.state
ORDER BY h.topic, s.state
