SELECT customer, currency, amount FROM budget
