UPDATE tariff SET rated_at = now() WHERE name = %(name)s AND valid_from = %(valid_from)s
