INSERT INTO invoice_hour (number, position, hour, topic, quantity, amount, revision, old, new)
VALUES %s
