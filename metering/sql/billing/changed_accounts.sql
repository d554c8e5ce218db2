-- Accounts whose invoice and notes together do not say what is rated. Lines are compared all, hours only where
-- a final hour was published again: two such hours may change a line by nothing in sum.
WITH said AS (
    SELECT invoice.customer, invoice.period, invoice.period_end, invoice.currency, line.tariff, line.valid_from,
           line.subject, sum(line.quantity) AS quantity, sum(line.fixed) AS fixed, sum(line.rounding) AS rounding,
           sum(line.amount) AS amount
    FROM invoice
    INNER JOIN invoice_line AS line ON line.number = invoice.number
    GROUP BY invoice.customer, invoice.period, invoice.period_end, invoice.currency, line.tariff, line.valid_from,
             line.subject
),
rated_now AS (
    SELECT line.customer, line.period, line.period_end, line.currency, line.tariff, line.valid_from,
           line.subject, line.quantity, line.fixed, line.rounding, line.amount
    FROM rated_line AS line
    INNER JOIN invoice
        ON invoice.kind = 'invoice' AND invoice.customer = line.customer AND invoice.period = line.period
       AND invoice.period_end = line.period_end AND invoice.currency = line.currency
),
again AS (
    SELECT DISTINCT hour FROM hour_correction
),
hours_said AS (
    SELECT invoice.customer, invoice.period, invoice.period_end, invoice.currency, line.tariff, line.valid_from,
           line.subject, part.hour, sum(part.quantity) AS quantity, sum(part.amount) AS amount
    FROM again
    INNER JOIN invoice_hour AS part ON part.hour = again.hour
    INNER JOIN invoice_line AS line ON line.number = part.number AND line.position = part.position
    INNER JOIN invoice ON invoice.number = part.number
    GROUP BY invoice.customer, invoice.period, invoice.period_end, invoice.currency, line.tariff, line.valid_from,
             line.subject, part.hour
),
hours_now AS (
    SELECT line.customer, line.period, line.period_end, line.currency, line.tariff, line.valid_from,
           line.subject, part.hour, part.quantity, part.amount
    FROM again
    INNER JOIN rated_hour AS part ON part.hour = again.hour
    INNER JOIN rated_now AS line
        ON line.tariff = part.tariff AND line.valid_from = part.valid_from AND line.customer = part.customer
       AND line.period = part.period
),
different AS (
    SELECT customer, period, period_end, currency
    FROM said
    FULL JOIN rated_now USING (customer, period, period_end, currency, tariff, valid_from, subject)
    WHERE (said.quantity, said.fixed, said.rounding, said.amount)
          IS DISTINCT FROM (rated_now.quantity, rated_now.fixed, rated_now.rounding, rated_now.amount)
      -- A line that was taken back to nothing stays in the books.
      AND NOT (rated_now.amount IS NULL AND (said.quantity, said.fixed, said.rounding, said.amount) = (0, 0, 0, 0))
    UNION
    SELECT customer, period, period_end, currency
    FROM hours_said
    FULL JOIN hours_now USING (customer, period, period_end, currency, tariff, valid_from, subject, hour)
    WHERE (coalesce(hours_said.quantity, 0), coalesce(hours_said.amount, 0))
          IS DISTINCT FROM (coalesce(hours_now.quantity, 0), coalesce(hours_now.amount, 0))
)
SELECT customer, period, period_end, currency, (
    SELECT array_agg(DISTINCT topic_of_subject(subject))
    FROM (
        SELECT subject FROM said
        WHERE (said.customer, said.period, said.period_end, said.currency)
              = (different.customer, different.period, different.period_end, different.currency)
        UNION ALL
        SELECT subject FROM rated_now
        WHERE (rated_now.customer, rated_now.period, rated_now.period_end, rated_now.currency)
              = (different.customer, different.period, different.period_end, different.currency)
    ) AS subjects
)
FROM different
ORDER BY period_end, period, customer, currency
