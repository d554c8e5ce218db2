-- A page of the tries, with the change each was of.
SELECT
    try.id, try.at, try.outbox AS change, change.alert, change.state, change.payload ->> 'kind' AS kind,
    change.payload ->> 'id' AS subject, try.status, try.error, try.took_s, change.delivered_at, count(*) OVER () AS rows
FROM webhook_delivery AS try
INNER JOIN outbox AS change ON change.id = try.outbox
WHERE
    try.at >= %(start)s AND try.at < %(end)s
    AND (%(alert)s::bigint IS NULL OR change.alert = %(alert)s)
    AND (%(ids)s::text[] IS NULL OR change.payload ->> 'id' = ANY(%(ids)s::text[]))
ORDER BY try.id DESC
LIMIT %(limit)s OFFSET %(offset)s
