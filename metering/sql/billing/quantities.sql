SELECT {customer}, {hour}, {measure}
FROM {table}
WHERE {where} AND {hour} >= %(start)s AND {hour} < %(end)s AND {customer} = ANY(%(customers)s)
ORDER BY 1, 2
