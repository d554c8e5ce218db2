INSERT INTO offset_gap (topic, partition, first_offset, last_offset, reason)
VALUES %s
