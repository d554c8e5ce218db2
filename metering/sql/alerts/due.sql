-- What may be posted now, the longest due first: of each alert only its first change that is not delivered, so that a
-- receiver hears of them in their order.
SELECT waiting.id, waiting.payload, waiting.attempts
FROM outbox AS waiting
WHERE waiting.delivered_at IS NULL AND waiting.next_try_at <= now()
  AND NOT EXISTS (
      SELECT FROM outbox AS before
      WHERE before.alert = waiting.alert AND before.id < waiting.id AND before.delivered_at IS NULL)
ORDER BY waiting.next_try_at, waiting.id
LIMIT %(most)s
