SELECT "offset", {subject}
FROM {table}
WHERE send_event = 1 AND partition = %(partition)s AND "offset" >= %(first)s AND "offset" < %(next)s
ORDER BY "offset"
LIMIT %(most)s
