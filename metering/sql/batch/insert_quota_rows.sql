INSERT INTO hour_quota (topic, hour, id, email, quota) VALUES %s
