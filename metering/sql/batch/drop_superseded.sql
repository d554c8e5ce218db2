DELETE FROM archive_file
WHERE topic = %(topic)s AND superseded < now() - make_interval(secs => %(keep_s)s)
RETURNING path
