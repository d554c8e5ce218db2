UPDATE outbox SET delivered_at = clock_timestamp() WHERE id = %(change)s AND delivered_at IS NULL
