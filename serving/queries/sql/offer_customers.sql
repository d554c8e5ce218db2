-- Every customer who played in the range, with the moment of the first offer in it, if there is one.
SELECT customer_id, min(timestamp) FILTER (WHERE send_event = 1) AS first_offer
FROM play
WHERE timestamp >= %(start)s AND timestamp < %(end)s
GROUP BY customer_id
