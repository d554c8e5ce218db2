INSERT INTO proof (run, topic, hour, type, realtime, archive, batch, duplicates, ok, generation, why) VALUES %s
