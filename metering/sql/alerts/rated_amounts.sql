SELECT customer, currency, sum(amount)
FROM rated_line
WHERE period >= %(first)s AND period < %(end)s AND customer = ANY(%(customers)s)
GROUP BY customer, currency
