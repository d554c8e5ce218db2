-- The hours in which users went above their quota, with the user the mail address belongs to.
SELECT
    v.timestamp AS hour, v.email, u.id, u.name, v.usage, v.quota, v.provisional,
    count(*) OVER () AS rows,
    count(*) FILTER (WHERE v.provisional) OVER () AS provisional_rows
FROM quota_violation AS v
LEFT JOIN user_metadata AS u ON u.email = v.email
WHERE
    v.timestamp >= %(start)s AND v.timestamp < %(end)s
    AND (%(emails)s::text[] IS NULL OR v.email = ANY(%(emails)s::text[]))
ORDER BY {order}
LIMIT %(limit)s OFFSET %(offset)s
