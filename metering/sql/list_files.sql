INSERT INTO archive_file (
    path, topic, hour, rows, kafka_partition, first_offset, last_offset, generation, size, sha256, first_ingest
)
VALUES %s
