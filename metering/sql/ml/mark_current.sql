UPDATE model_version SET is_current = TRUE WHERE version = %(version)s AND NOT is_current
