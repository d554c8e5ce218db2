DELETE FROM {table} WHERE {which} {window} >= %(start)s AND {window} < %(end)s
