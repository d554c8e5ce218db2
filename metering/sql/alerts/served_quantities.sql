-- Hours whose exact count may still change, as they are served: exact and realtime together.
SELECT {customer}, {hour}, {measure}
FROM {table}
WHERE {where} AND provisional AND {hour} >= %(start)s AND {hour} < %(end)s AND {customer} = ANY(%(customers)s)
