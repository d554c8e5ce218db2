-- One row a bucket and id, for the ids with the most; all others together have the id NULL.
WITH marked AS ({marked}),
most AS (
    SELECT id
    FROM marked
    GROUP BY id
    ORDER BY sum(value) DESC, id
    LIMIT %(most)s
)
SELECT
    width_bucket(marked.timestamp, %(edges)s::timestamptz[]) AS bucket,
    most.id,
    u.name,
    sum(marked.value) AS value,
    bool_or(marked.provisional) AS provisional,
    bool_or(marked.corrected) AS corrected
FROM marked
LEFT JOIN most ON most.id = marked.id
LEFT JOIN user_metadata AS u ON %(named)s AND u.id = most.id
GROUP BY bucket, most.id, u.name
ORDER BY bucket, most.id
