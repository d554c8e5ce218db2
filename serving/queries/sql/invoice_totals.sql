-- What the documents come to, by currency: issued, and not issued yet.
WITH document AS (
    {documents}
)
SELECT
    currency, coalesce(sum(total) FILTER (WHERE number <> ''), 0) AS issued,
    coalesce(sum(total) FILTER (WHERE number = ''), 0) AS open,
    count(*) FILTER (WHERE number <> '') AS issued_documents, count(*) FILTER (WHERE number = '') AS open_documents
FROM document
WHERE %(states)s::text[] IS NULL OR state = ANY(%(states)s::text[])
GROUP BY currency
ORDER BY currency
