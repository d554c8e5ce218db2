SELECT {columns}
FROM {table}
WHERE generation > %(published)s AND generation <= %(sealed)s AND {window} >= %(start)s AND {window} < %(end)s
