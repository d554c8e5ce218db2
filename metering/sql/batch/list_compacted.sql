INSERT INTO archive_file (
    path, topic, hour, rows, kafka_partition, first_offset, last_offset, generation, size, sha256, first_ingest,
    partition_rows, spans
)
VALUES (
    %(path)s, %(topic)s, %(hour)s, %(rows)s, NULL, NULL, NULL, %(generation)s, %(size)s, %(sha256)s, %(first_ingest)s,
    %(partition_rows)s, %(spans)s
)
