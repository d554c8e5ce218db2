-- Every offset accounted for: one row a topic and partition. A compacted file says how many rows it has of each
-- partition; rows of one that does not come in a row of their own, with the partition NULL.
WITH counted AS (
    SELECT topic, kafka_partition, rows, partition_rows
    FROM archive_file
    WHERE topic = ANY(%(topics)s::text[]) AND superseded IS NULL
),
shares AS (
    SELECT topic, kafka_partition AS partition, rows FROM counted WHERE kafka_partition IS NOT NULL
    UNION ALL
    SELECT counted.topic, share.key::bigint, share.value::bigint
    FROM counted, jsonb_each_text(partition_rows) AS share
    WHERE kafka_partition IS NULL
    UNION ALL
    SELECT topic, NULL, rows FROM counted WHERE kafka_partition IS NULL AND partition_rows = '{}'
),
files AS (
    SELECT topic, partition, sum(rows) AS archived FROM shares GROUP BY topic, partition
),
letters AS (
    SELECT topic, partition, count(*) AS dead
    FROM dead_letter
    WHERE topic = ANY(%(topics)s::text[]) AND reason <> 'CONFLICT'
    GROUP BY topic, partition
),
gaps AS (
    SELECT
        topic, partition,
        sum(last_offset - first_offset + 1) AS missed,
        sum(last_offset - first_offset + 1) FILTER (WHERE reason = %(lost)s) AS lost
    FROM offset_gap
    WHERE topic = ANY(%(topics)s::text[])
    GROUP BY topic, partition
)
SELECT
    o.topic, o.partition, o.first_offset, o.next_offset, o.end_offset, o.last_append,
    coalesce(files.archived, 0) AS archived, coalesce(letters.dead, 0) AS dead,
    coalesce(gaps.missed, 0) AS missed, coalesce(gaps.lost, 0) AS lost
FROM stream_offset AS o
LEFT JOIN files ON files.topic = o.topic AND files.partition = o.partition
LEFT JOIN letters ON letters.topic = o.topic AND letters.partition = o.partition
LEFT JOIN gaps ON gaps.topic = o.topic AND gaps.partition = o.partition
WHERE o.topic = ANY(%(topics)s::text[])
UNION ALL
SELECT topic, NULL, NULL, NULL, NULL, NULL, archived, 0, 0, 0
FROM files
WHERE partition IS NULL
ORDER BY topic, partition NULLS LAST
