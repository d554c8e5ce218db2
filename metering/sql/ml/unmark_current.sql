UPDATE model_version SET is_current = FALSE WHERE is_current AND version <> %(version)s
