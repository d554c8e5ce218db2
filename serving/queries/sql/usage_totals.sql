-- One row an id of the range, with the sums over all of its ids beside it.
WITH marked AS ({marked}),
summed AS (
    SELECT
        id, sum(value) AS value, bool_or(provisional) AS provisional, bool_or(corrected) AS corrected
    FROM marked
    GROUP BY id
)
SELECT
    summed.id, u.name, summed.value, summed.provisional, summed.corrected,
    count(*) OVER () AS ids,
    sum(summed.value) OVER () AS total,
    bool_or(summed.provisional) OVER () AS total_provisional,
    bool_or(summed.corrected) OVER () AS total_corrected
FROM summed
LEFT JOIN user_metadata AS u ON %(named)s AND u.id = summed.id
ORDER BY {order}
LIMIT %(limit)s OFFSET %(offset)s
