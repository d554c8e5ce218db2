SELECT {columns}
FROM {table}
WHERE {time} >= %(start)s AND {time} < %(end)s
  AND partition = %(partition)s AND "offset" BETWEEN %(first)s AND %(last)s
