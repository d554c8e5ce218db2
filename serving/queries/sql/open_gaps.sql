-- Of each topic, the gaps that nobody has acknowledged, and how many of their offsets were records that Kafka deleted.
SELECT
    topic, count(*) AS gaps, sum(last_offset - first_offset + 1) AS messages,
    coalesce(sum(last_offset - first_offset + 1) FILTER (WHERE reason = %(lost)s), 0) AS lost
FROM offset_gap
WHERE topic = ANY(%(topics)s::text[]) AND acknowledged_at IS NULL
GROUP BY topic
