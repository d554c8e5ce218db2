-- Users who went above their quota in published hours, or would go above another limit; the sums are of all of them.
WITH crossing AS (
    {hours}
),
by_user AS (
    SELECT
        id, count(*) FILTER (WHERE is_above) AS hours_now, count(*) FILTER (WHERE would_be_above) AS hours_then,
        min(hour) FILTER (WHERE would_be_above) AS first_then, max(hour) FILTER (WHERE would_be_above) AS last_then,
        max(usage) AS most
    FROM crossing
    GROUP BY id
)
SELECT
    by_user.*, known.name, known.quota,
    count(*) OVER () AS rows,
    count(*) FILTER (WHERE hours_now > 0) OVER () AS users_now,
    count(*) FILTER (WHERE hours_then > 0) OVER () AS users_then,
    sum(hours_now) OVER () AS all_now,
    sum(hours_then) OVER () AS all_then
FROM by_user
LEFT JOIN user_metadata AS known ON known.id = by_user.id
ORDER BY abs(hours_then - hours_now) DESC, hours_then DESC, by_user.id
LIMIT %(limit)s OFFSET %(offset)s
