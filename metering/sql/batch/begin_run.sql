INSERT INTO batch_run (topic, sealed_generation) VALUES (%(topic)s, %(sealed)s) RETURNING run
