INSERT INTO {table} (email, usage, quota, timestamp) VALUES %s
