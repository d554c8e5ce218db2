SELECT line.tariff, line.valid_from, part.hour, part.topic, sum(part.quantity), sum(part.amount), max(part.revision)
FROM invoice
INNER JOIN invoice_line AS line ON line.number = invoice.number
INNER JOIN invoice_hour AS part ON part.number = line.number AND part.position = line.position
WHERE invoice.customer = %(customer)s AND invoice.period = %(period)s AND invoice.period_end = %(period_end)s
  AND invoice.currency = %(currency)s
GROUP BY line.tariff, line.valid_from, part.hour, part.topic
ORDER BY line.tariff, line.valid_from, part.hour
