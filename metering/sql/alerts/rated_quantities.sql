SELECT customer, hour, quantity
FROM rated_hour
WHERE tariff = %(tariff)s AND valid_from = %(valid_from)s AND customer = ANY(%(customers)s)
  AND hour = ANY(%(hours)s)
