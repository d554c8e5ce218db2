SELECT {columns} FROM {table} WHERE {window} >= %(start)s AND {window} < %(end)s
