-- A page of the hours, the latest first.
SELECT crossing.*, count(*) OVER () AS rows
FROM (
    {hours}
) AS crossing
ORDER BY hour DESC, id
LIMIT %(limit)s OFFSET %(offset)s
