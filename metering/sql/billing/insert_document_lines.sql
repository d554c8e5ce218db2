INSERT INTO invoice_line (
    number, position, tariff, valid_from, tariff_sha256, subject, quantity, fixed, rounding, amount, old, new
)
VALUES %s
