INSERT INTO dead_letter (
    topic, partition, "offset", reason, raw, field, found, hint, raw_size, raw_sha256, ingest_time
)
VALUES %s
ON CONFLICT (topic, partition, "offset") DO NOTHING
