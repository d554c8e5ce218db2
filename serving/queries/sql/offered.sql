-- The newest offer of each customer in the range, the newest first.
WITH newest AS (
    SELECT DISTINCT ON (customer_id)
        customer_id, level, timestamp, probability, model_version, score_age_s, features
    FROM play
    WHERE timestamp >= %(start)s AND timestamp < %(end)s AND send_event = 1
    ORDER BY customer_id ASC, timestamp DESC, partition DESC, "offset" DESC
)
SELECT *
FROM newest
ORDER BY timestamp DESC, customer_id ASC
LIMIT %(limit)s OFFSET %(offset)s
