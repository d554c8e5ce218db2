DELETE FROM {table} WHERE event_hour <= %(closed_to)s - INTERVAL '1 hour'
