SELECT
    file.path, file.hour, file.rows, file.kafka_partition, file.first_offset, file.last_offset, file.generation,
    file.size, file.sha256, file.first_ingest, file.listed_at, file.partition_rows, file.spans,
    coalesce(state.failed, '') <> '' AS failed
FROM archive_file AS file
LEFT JOIN hour_state AS state ON state.topic = file.topic AND state.hour = file.hour
WHERE file.topic = %(topic)s AND file.superseded IS NULL
ORDER BY file.hour, file.path
