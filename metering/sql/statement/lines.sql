SELECT tariff, valid_from, period, period_end, subject, currency, quantity, fixed, rounding, amount, provisional
FROM rated
WHERE customer = %(customer)s
  AND period >= %(start)s
  AND period_end <= %(end)s
  AND (%(currency)s = '' OR currency = %(currency)s)
ORDER BY period, period_end, currency, tariff, valid_from
