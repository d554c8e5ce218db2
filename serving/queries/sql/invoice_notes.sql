SELECT number, total, issued_at FROM invoice WHERE corrects = %(number)s ORDER BY issued_at, number
