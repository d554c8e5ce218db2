-- The last invoiced day, exclusive, of periods that a new version would rate anew: those after its valid_from with lines
-- of its name, or of its subject and currency.
SELECT max(invoice.period_end)
FROM invoice
INNER JOIN invoice_line AS line ON line.number = invoice.number
WHERE invoice.period_end::timestamp AT TIME ZONE 'UTC' > %(valid_from)s
  AND (line.tariff = %(name)s OR (line.subject = %(subject)s AND invoice.currency = %(currency)s))
