SELECT line.tariff, line.valid_from, min(line.tariff_sha256), min(line.subject), sum(line.quantity), sum(line.fixed),
       sum(line.rounding), sum(line.amount)
FROM invoice
INNER JOIN invoice_line AS line ON line.number = invoice.number
WHERE invoice.customer = %(customer)s AND invoice.period = %(period)s AND invoice.period_end = %(period_end)s
  AND invoice.currency = %(currency)s
GROUP BY line.tariff, line.valid_from
ORDER BY line.tariff, line.valid_from
