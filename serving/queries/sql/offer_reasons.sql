-- Plays of the range by the reason of their decision, and how many of them are offers.
SELECT reason, count(*) AS plays, count(*) FILTER (WHERE send_event = 1) AS offers
FROM play
WHERE timestamp >= %(start)s AND timestamp < %(end)s
GROUP BY reason
ORDER BY plays DESC, reason
