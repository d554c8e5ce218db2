SELECT hour, quantity
FROM rated_hour
WHERE tariff = %(tariff)s AND valid_from = %(valid_from)s AND customer = %(customer)s AND period = %(period)s
