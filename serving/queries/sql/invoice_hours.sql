SELECT position, hour, topic, quantity, amount, revision, old, new
FROM invoice_hour
WHERE number = %(number)s
ORDER BY position, hour
