SELECT {customer} FROM {table} WHERE {where} AND {hour} >= %(start)s AND {hour} < %(end)s
UNION
SELECT customer FROM rated_line
WHERE tariff = %(tariff)s AND valid_from = %(valid_from)s AND period >= %(first)s AND period < %(last)s
ORDER BY 1
