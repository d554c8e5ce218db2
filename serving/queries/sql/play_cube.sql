-- How many plays there are of each combination of facets.
SELECT facet, count(*) AS plays
FROM play
WHERE {where}
GROUP BY facet
