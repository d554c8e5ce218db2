-- One dead letter, the letter that its replay became, and the one that it is the replay of.
SELECT
    d.topic, d.partition, d.offset, d.reason, d.state, d.field, d.found, d.hint, d.raw,
    greatest(d.raw_size, length(d.raw)) AS size, d.noticed_at, d.state_by, d.state_at, d.state_reason, d.replay_offset,
    length(d.raw) AS kept, d.raw_sha256 AS sha256, d.ingest_time,
    (
        SELECT later.offset
        FROM dead_letter AS later
        WHERE later.topic = d.topic AND later.partition = d.partition AND later.offset = d.replay_offset
    ) AS again,
    (
        SELECT min(earlier.offset)
        FROM dead_letter AS earlier
        WHERE
            earlier.topic = d.topic AND earlier.partition = d.partition AND earlier.replay_offset = d.offset
    ) AS before
FROM dead_letter AS d
WHERE d.topic = %(topic)s AND d.partition = %(partition)s AND d.offset = %(offset)s
