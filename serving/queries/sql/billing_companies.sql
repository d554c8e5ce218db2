-- One row a company and currency of the range.
WITH marked AS ({marked}),
summed AS (
    SELECT
        company, currency, sum(cost) AS cost, sum(events)::bigint AS events,
        bool_or(provisional) AS provisional, bool_or(corrected) AS corrected
    FROM marked
    GROUP BY company, currency
)
SELECT summed.*, count(*) OVER () AS rows
FROM summed
ORDER BY {order}
LIMIT %(limit)s OFFSET %(offset)s
