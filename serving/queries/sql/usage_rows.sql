-- One row a bucket and id.
WITH marked AS ({marked}),
summed AS (
    SELECT
        width_bucket(timestamp, %(edges)s::timestamptz[]) AS bucket, id, sum(value) AS value,
        bool_or(provisional) AS provisional, bool_or(corrected) AS corrected
    FROM marked
    GROUP BY bucket, id
)
SELECT
    summed.bucket, summed.id, u.name, summed.value, summed.provisional, summed.corrected,
    count(*) OVER () AS rows
FROM summed
LEFT JOIN user_metadata AS u ON %(named)s AND u.id = summed.id
ORDER BY {order}
LIMIT %(limit)s OFFSET %(offset)s
