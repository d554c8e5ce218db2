SELECT p.topic, min(p.ok::integer) AS value
FROM proof AS p
WHERE p.run = (SELECT max(latest.run) FROM proof AS latest WHERE latest.topic = p.topic)
GROUP BY p.topic
ORDER BY p.topic
