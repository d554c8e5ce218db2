-- The same without words: their places from the primary key's index alone, which holds the facets, then those plays.
WITH place AS (
    SELECT timestamp, partition, "offset"
    FROM play
    WHERE {where}
    ORDER BY timestamp DESC, partition DESC, "offset" DESC
    LIMIT %(limit)s
)
SELECT {columns}
FROM play
WHERE
    timestamp = ANY(ARRAY(SELECT timestamp FROM place))
    AND (timestamp, partition, "offset") IN (SELECT timestamp, partition, "offset" FROM place)
ORDER BY timestamp DESC, partition DESC, "offset" DESC
LIMIT %(limit)s
