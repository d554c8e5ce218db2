INSERT INTO {table} ({columns}) VALUES %s ON CONFLICT (partition, "offset", taken_back) DO NOTHING
