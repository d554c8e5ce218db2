UPDATE archive_file
SET path = %(path)s, size = %(size)s, sha256 = %(sha256)s, spans = %(spans)s
WHERE path = %(damaged)s AND sha256 = %(damaged_sha256)s AND superseded IS NULL
