SELECT DISTINCT period, period_end, currency
FROM rated_line
WHERE customer = %(customer)s
ORDER BY period DESC, period_end, currency
LIMIT 5
