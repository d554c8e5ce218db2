SELECT count(*) FROM outbox WHERE delivered_at IS NULL
