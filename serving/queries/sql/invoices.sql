-- A page of the documents.
WITH document AS (
    {documents}
)
SELECT document.*, count(*) OVER () AS rows
FROM document
WHERE %(states)s::text[] IS NULL OR state = ANY(%(states)s::text[])
ORDER BY {order}
LIMIT %(limit)s OFFSET %(offset)s
