INSERT INTO {table} ({columns}) SELECT {columns} FROM {incoming} ORDER BY {key}, pane
