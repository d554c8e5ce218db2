INSERT INTO stream_generation (topic, generation, topic_id)
VALUES (%(topic)s, 1, %(topic_id)s)
ON CONFLICT (topic) DO NOTHING
