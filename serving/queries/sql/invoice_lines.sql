SELECT position, tariff, valid_from, tariff_sha256, subject, fixed, rounding, old, new
FROM invoice_line
WHERE number = %(number)s
ORDER BY position
