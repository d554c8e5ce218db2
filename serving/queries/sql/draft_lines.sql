-- The lines of an account as they are rated now. Positions are numbered as an invoice would number them.
SELECT
    row_number() OVER (ORDER BY line.tariff, line.valid_from) AS position, line.tariff, line.valid_from,
    version.sha256 AS tariff_sha256, line.subject, line.fixed, line.rounding, line.provisional,
    coalesce(person.name, '') AS name, coalesce(person.email, '') AS email
FROM rated AS line
INNER JOIN tariff AS version ON version.name = line.tariff AND version.valid_from = line.valid_from
LEFT JOIN user_metadata AS person ON person.id = line.customer
WHERE line.customer = %(customer)s AND line.period = %(period)s AND line.period_end = %(period_end)s
  AND line.currency = %(currency)s
ORDER BY position
