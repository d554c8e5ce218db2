SELECT last FROM invoice_counter WHERE kind = %(kind)s FOR UPDATE
