-- Plays and offers by level, of the 5-minute windows that begin in the range.
SELECT level, sum(listens) AS listens, sum(offers) AS offers, bool_or(provisional) AS provisional
FROM level_listens
WHERE timestamp >= %(start)s AND timestamp < %(end)s
GROUP BY level
ORDER BY listens DESC, level
