UPDATE invoice_counter SET last = last + 1 WHERE kind = %(kind)s RETURNING last
