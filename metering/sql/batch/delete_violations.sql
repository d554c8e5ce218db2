DELETE FROM {table} WHERE timestamp = %(hour)s
