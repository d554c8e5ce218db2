SELECT {key}, {values}
FROM {table}
WHERE tariff = %(tariff)s AND valid_from = %(valid_from)s AND period = %(period)s AND customer = ANY(%(customers)s)
