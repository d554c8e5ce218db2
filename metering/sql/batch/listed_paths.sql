SELECT path FROM archive_file WHERE topic = %(topic)s
