SELECT h.hour, h.published_generation AS generation, s.revision IS NOT DISTINCT FROM h.revision AS is_rated
FROM hour_state AS h
LEFT JOIN rated_state AS s ON s.topic = h.topic AND s.hour = h.hour
WHERE h.topic = %(topic)s
  AND h.hour >= %(since)s
  AND h.hour < %(until)s
  AND h.published_generation > 0
ORDER BY h.hour
