INSERT INTO {table} (generation, {columns})
SELECT %(generation)s, {columns} FROM {incoming} ORDER BY {key}
ON CONFLICT (generation, {key}) DO UPDATE SET {merged}
