-- The windows that start in the range, as they are.
WITH marked AS ({marked})
SELECT marked.*, count(*) OVER () AS rows
FROM marked
ORDER BY {order}
LIMIT %(limit)s OFFSET %(offset)s
