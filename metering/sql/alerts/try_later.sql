UPDATE outbox
SET next_try_at = clock_timestamp() + make_interval(secs => %(pause_s)s)
WHERE id = %(change)s AND delivered_at IS NULL
