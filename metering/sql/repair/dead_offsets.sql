SELECT "offset"
FROM dead_letter
WHERE topic = %(topic)s AND partition = %(partition)s AND "offset" BETWEEN %(first)s AND %(last)s
  -- A conflict was accepted once, and is a row of its file.
  AND reason <> %(conflict)s
ORDER BY "offset"
