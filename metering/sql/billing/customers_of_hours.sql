-- Whom the hours concern: those who are in them, and those who were when they were rated.
SELECT {customer} FROM {table} WHERE {where} AND {hour} = ANY(%(hours)s)
UNION
SELECT customer FROM rated_hour
WHERE tariff = %(tariff)s AND valid_from = %(valid_from)s AND hour = ANY(%(hours)s)
ORDER BY 1
