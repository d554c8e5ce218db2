UPDATE webhook_delivery SET status = %(status)s, error = %(error)s, took_s = %(took_s)s WHERE id = %(number)s
