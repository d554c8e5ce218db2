SELECT number
FROM invoice
WHERE kind = 'invoice' AND customer = %(customer)s AND period = %(period)s AND period_end = %(period_end)s
  AND currency = %(currency)s
