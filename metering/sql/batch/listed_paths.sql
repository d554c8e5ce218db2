SELECT path, superseded IS NULL FROM archive_file WHERE topic = %(topic)s
