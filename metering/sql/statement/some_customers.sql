SELECT DISTINCT customer
FROM rated_line
WHERE period >= %(start)s
  AND period_end <= %(end)s
ORDER BY customer
LIMIT 5
