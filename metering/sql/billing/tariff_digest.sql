SELECT sha256 FROM tariff WHERE name = %(name)s AND valid_from = %(valid_from)s
