SELECT number, kind, period, period_end, currency, total
FROM invoice
WHERE customer = %(customer)s
  AND period >= %(start)s
  AND period_end <= %(end)s
  AND (%(currency)s = '' OR currency = %(currency)s)
ORDER BY issued_at, number
