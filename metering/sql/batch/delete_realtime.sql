DELETE FROM {table}
WHERE generation <= %(sealed)s AND {which} {window} >= %(start)s AND {window} < %(end)s
