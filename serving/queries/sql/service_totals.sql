-- One row a service of the range.
WITH marked AS ({marked}),
summed AS (
    SELECT service,
{sums}
    FROM marked
    GROUP BY service
)
SELECT summed.*, count(*) OVER () AS rows
FROM summed
ORDER BY {order}
LIMIT %(limit)s OFFSET %(offset)s
