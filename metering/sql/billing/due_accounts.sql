SELECT line.customer, line.period, line.period_end, line.currency,
       array_agg(DISTINCT topic_of_subject(line.subject))
FROM rated_line AS line
WHERE line.period_end <= %(over)s
  AND NOT EXISTS (
      SELECT FROM invoice
      WHERE invoice.kind = 'invoice' AND invoice.customer = line.customer AND invoice.period = line.period
        AND invoice.period_end = line.period_end AND invoice.currency = line.currency
  )
GROUP BY line.customer, line.period, line.period_end, line.currency
ORDER BY line.period_end, line.period, line.customer, line.currency
