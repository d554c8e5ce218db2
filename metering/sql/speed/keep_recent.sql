INSERT INTO {table} ({columns})
SELECT {columns} FROM {incoming} ORDER BY ingest_time, partition, "offset"
ON CONFLICT DO NOTHING
