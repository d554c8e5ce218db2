-- How many of the latest messages were rejected, looking back by several depths: an equal share from each
-- partition that was heard of lately, so that a quiet partition's old messages do not hide a storm elsewhere.
WITH heard AS (
    SELECT partition, first_offset, next_offset
    FROM stream_offset
    WHERE
        topic = %(topic)s
        AND last_append > (SELECT max(last_append) FROM stream_offset WHERE topic = %(topic)s)
        - INTERVAL '5 minutes'
)
SELECT
    depth,
    sum(least(depth, heard.next_offset - heard.first_offset)) AS messages,
    sum(letters.rejected) AS rejected
FROM unnest(ARRAY[250, 500, 1000]) AS depth
CROSS JOIN heard
CROSS JOIN LATERAL (
    SELECT count(*) AS rejected
    FROM dead_letter AS d
    WHERE
        d.topic = %(topic)s AND d.partition = heard.partition AND d.reason <> 'CONFLICT'
        AND d.offset >= heard.next_offset - depth AND d.offset < heard.next_offset
) AS letters
GROUP BY depth
ORDER BY depth
