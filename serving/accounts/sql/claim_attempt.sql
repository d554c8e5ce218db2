-- Claims one attempt at signing in, counted as a failure until `forgive` takes it back; gives no row while the
-- name has to wait. One statement, so that attempts at the same time take turns at the row and cannot pass the
-- limit together. From the fifth failure on the wait is 30 s, doubled by each further one, at most 15 minutes.
INSERT INTO sign_in_attempt AS kept (key, failures, blocked_until, seen_at)
VALUES (%(key)s, 1, %(now)s, %(now)s)
ON CONFLICT (key) DO UPDATE SET
    failures = CASE WHEN kept.seen_at < %(forgotten)s THEN 1 ELSE kept.failures + 1 END,
    blocked_until = CASE
        WHEN kept.seen_at < %(forgotten)s OR kept.failures + 1 < 5 THEN %(now)s
        ELSE %(now)s + least(INTERVAL '15 minutes', INTERVAL '30 seconds' * power(2, least(kept.failures - 4, 9)))
    END,
    seen_at = %(now)s
WHERE kept.blocked_until <= %(now)s
RETURNING failures
