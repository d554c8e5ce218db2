INSERT INTO webhook_delivery (outbox, error) VALUES (%(change)s, %(error)s) RETURNING id
