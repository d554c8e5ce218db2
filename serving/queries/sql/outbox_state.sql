-- What waits, since when, how often it was tried, and when the receiver last took something.
SELECT
    count(*) AS waiting, min(created_at) AS oldest, coalesce(max(attempts), 0) AS most_tries,
    min(next_try_at) AS next_try_at,
    (SELECT max(at) FROM webhook_delivery WHERE id > (SELECT max(id) - 10000 FROM webhook_delivery) AND error = '')
        AS last_taken
FROM outbox
WHERE delivered_at IS NULL
