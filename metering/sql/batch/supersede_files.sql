UPDATE archive_file SET superseded = now() WHERE path = ANY(%(paths)s) AND superseded IS NULL
