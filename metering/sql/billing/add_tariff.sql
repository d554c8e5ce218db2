INSERT INTO tariff (name, valid_from, subject, spec, sha256, created_by)
VALUES (%(name)s, %(valid_from)s, %(subject)s, %(spec)s, %(sha256)s, %(by)s)
ON CONFLICT (name, valid_from) DO NOTHING
