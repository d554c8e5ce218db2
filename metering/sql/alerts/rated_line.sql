SELECT quantity, amount
FROM rated_line
WHERE tariff = %(tariff)s AND valid_from = %(valid_from)s AND customer = %(customer)s AND period = %(period)s
