UPDATE {table} AS late
SET repeat = judged.repeat
FROM (VALUES %s) AS judged (partition, "offset", repeat)
WHERE late.partition = judged.partition AND late."offset" = judged."offset" AND late.repeat IS NULL
