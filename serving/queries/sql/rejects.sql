-- How many of the latest messages of each topic were rejected, looking back by several depths: an equal share from
-- each partition that was heard of lately, so that a quiet partition's old messages do not hide a storm elsewhere.
WITH heard AS (
    SELECT o.topic, o.partition, o.first_offset, o.next_offset
    FROM stream_offset AS o
    INNER JOIN (SELECT topic, max(last_append) AS last_append FROM stream_offset GROUP BY topic) AS newest
        ON newest.topic = o.topic
    WHERE o.topic = ANY(%(topics)s::text[]) AND o.last_append > newest.last_append - INTERVAL '5 minutes'
)
SELECT
    heard.topic,
    sum(least(depth, heard.next_offset - heard.first_offset)) AS messages,
    sum(letters.rejected) AS rejected
FROM unnest(ARRAY[250, 500, 1000]) AS depth
CROSS JOIN heard
CROSS JOIN LATERAL (
    SELECT count(*) AS rejected
    FROM dead_letter AS d
    WHERE
        d.topic = heard.topic AND d.partition = heard.partition AND d.reason <> 'CONFLICT'
        AND d.offset >= heard.next_offset - depth AND d.offset < heard.next_offset
) AS letters
GROUP BY heard.topic, depth
ORDER BY heard.topic, depth
