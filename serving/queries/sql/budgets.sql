SELECT customer, currency, amount, changed_at, changed_by
FROM budget
ORDER BY customer, currency
