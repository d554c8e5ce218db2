-- Every document: what is issued, and for what is not invoiced yet what it would be now.
SELECT
    issued.number,
    CASE issued.kind WHEN 'invoice' THEN 'final' ELSE 'correction' END AS state,
    issued.customer, issued.period, issued.period_end, issued.currency, issued.total, issued.issued_at,
    coalesce(issued.corrects, '') AS corrects,
    (SELECT count(*) FROM invoice AS note WHERE note.corrects = issued.number) AS notes
FROM invoice AS issued
WHERE
    (%(customers)s::text[] IS NULL OR issued.customer = ANY(%(customers)s::text[]))
    AND (%(period)s::date IS NULL OR (issued.period, issued.period_end) = (%(period)s::date, %(period_end)s::date))
    AND (%(currency)s::text IS NULL OR issued.currency = %(currency)s)
UNION ALL
SELECT
    '', CASE WHEN line.period_end > %(today)s::date THEN 'draft' ELSE 'grace' END,
    line.customer, line.period, line.period_end, line.currency, sum(line.amount), NULL, '', 0
FROM rated_line AS line
WHERE
    (%(customers)s::text[] IS NULL OR line.customer = ANY(%(customers)s::text[]))
    AND (%(period)s::date IS NULL OR (line.period, line.period_end) = (%(period)s::date, %(period_end)s::date))
    AND (%(currency)s::text IS NULL OR line.currency = %(currency)s)
    AND NOT EXISTS (
        SELECT FROM invoice AS issued
        WHERE issued.kind = 'invoice' AND issued.customer = line.customer AND issued.period = line.period
          AND issued.period_end = line.period_end AND issued.currency = line.currency
    )
GROUP BY line.customer, line.period, line.period_end, line.currency
