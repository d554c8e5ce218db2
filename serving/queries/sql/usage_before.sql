-- The sums of another range, of the ids named; all others together have the id NULL.
SELECT named.id, sum(marked.value) AS value
FROM ({marked}) AS marked
LEFT JOIN unnest(%(shown)s::text[]) AS named (id) ON named.id = marked.id
GROUP BY named.id
