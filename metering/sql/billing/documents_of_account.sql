SELECT number, issued_at
FROM invoice
WHERE customer = %(customer)s AND period = %(period)s AND period_end = %(period_end)s AND currency = %(currency)s
ORDER BY kind = 'invoice' DESC, issued_at
