-- The same where few are found: all of them by their words first, so that the walk does not go through all that are not.
WITH found AS MATERIALIZED (
    SELECT {columns}
    FROM play
    WHERE {where}
)
SELECT *
FROM found
ORDER BY timestamp DESC, partition DESC, "offset" DESC
LIMIT %(limit)s
