-- One row a bucket and service.
WITH marked AS ({marked}),
summed AS (
    SELECT width_bucket(time_stamp, %(edges)s::timestamptz[]) AS bucket, service,
{sums}
    FROM marked
    GROUP BY bucket, service
)
SELECT summed.*, count(*) OVER () AS rows
FROM summed
ORDER BY {order}
LIMIT %(limit)s OFFSET %(offset)s
