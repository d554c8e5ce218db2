-- How many dead letters of the range hold the text, by all that they can be filtered by.
SELECT topic, reason, state, count(*) AS letters
FROM dead_letter
WHERE
    noticed_at >= %(start)s AND noticed_at < %(end)s
    AND (
        %(text)s::text IS NULL
        OR position(convert_to(%(text)s, 'UTF8') IN raw) > 0
        OR strpos(lower(field), lower(%(text)s)) > 0
        OR strpos(lower(found), lower(%(text)s)) > 0
    )
GROUP BY topic, reason, state
ORDER BY topic, reason, state
