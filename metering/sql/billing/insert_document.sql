INSERT INTO invoice (
    number, kind, corrects, customer, period, period_end, currency, total, batch_run, why
)
VALUES (
    %(number)s, %(kind)s, %(corrects)s, %(customer)s, %(period)s, %(period_end)s, %(currency)s, %(total)s, %(batch_run)s,
    %(why)s
)
