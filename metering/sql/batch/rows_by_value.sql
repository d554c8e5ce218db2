SELECT {columns} FROM {table} ORDER BY {by}, {window}
