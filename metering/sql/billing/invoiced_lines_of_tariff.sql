-- The last invoiced day, exclusive, of periods that a new version of the tariff would rate anew.
SELECT max(invoice.period_end)
FROM invoice
INNER JOIN invoice_line AS line ON line.number = invoice.number
WHERE line.tariff = %(name)s AND invoice.period_end::timestamp AT TIME ZONE 'UTC' > %(valid_from)s
