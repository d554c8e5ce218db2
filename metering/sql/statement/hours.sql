SELECT tariff, valid_from, period, hour, quantity, amount, revision
FROM rated_hour
WHERE customer = %(customer)s
  AND hour >= %(since)s
  AND hour < %(until)s
ORDER BY hour
