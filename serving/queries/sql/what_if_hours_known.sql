-- How many hours of a range are published, and how many of them may still change.
SELECT count(*) AS published, count(*) FILTER (WHERE NOT final) AS provisional
FROM hour_state
WHERE topic = %(topic)s AND hour >= %(start)s AND hour < %(end)s AND revision > 0
