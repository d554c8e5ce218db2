SELECT line.tariff, line.valid_from, tariff.sha256, line.subject, line.quantity, line.fixed, line.rounding, line.amount
FROM rated_line AS line
INNER JOIN tariff ON tariff.name = line.tariff AND tariff.valid_from = line.valid_from
WHERE line.customer = %(customer)s AND line.period = %(period)s AND line.period_end = %(period_end)s
  AND line.currency = %(currency)s
ORDER BY line.tariff, line.valid_from
