-- Every reason of each topic with its count, and the newest few of it.
WITH counted AS (
    SELECT
        topic, reason, count(*) AS letters, count(*) FILTER (WHERE state = 'open') AS open,
        max(noticed_at) AS latest
    FROM dead_letter
    WHERE topic = ANY(%(topics)s::text[])
    GROUP BY topic, reason
)
SELECT
    counted.topic, counted.reason, counted.letters, counted.open, counted.latest,
    sample.partition, sample.offset, sample.field, sample.found, sample.hint, sample.state,
    substring(sample.raw FROM 1 FOR %(bytes)s) AS raw, length(sample.raw) AS raw_kept, sample.raw_size,
    sample.noticed_at
FROM counted
CROSS JOIN LATERAL (
    SELECT *
    FROM dead_letter AS d
    WHERE d.topic = counted.topic AND d.reason = counted.reason
    ORDER BY d.noticed_at DESC, d.partition, d.offset DESC
    LIMIT %(samples)s
) AS sample
ORDER BY
    counted.topic, counted.letters DESC, counted.reason, sample.noticed_at DESC, sample.partition, sample.offset DESC
