INSERT INTO {table} ({columns})
SELECT {columns} FROM {incoming} WHERE due_watermark IS NOT NULL
ON CONFLICT ({key}) DO UPDATE SET {replaced}
