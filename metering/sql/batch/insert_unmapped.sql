INSERT INTO unmapped_user (topic, hour, id) VALUES %s
