-- Why hours changed since a moment. A publish keeps its proof right after the corrections, in one transaction, so the
-- first proof from a correction on names the run.
SELECT DISTINCT changed.hour, changed.topic, changed.revision, proven.run, changed.why
FROM unnest(%(topics)s, %(hours)s::timestamptz[]) AS asked (topic, hour)
INNER JOIN hour_correction AS changed ON changed.topic = asked.topic AND changed.hour = asked.hour
LEFT JOIN LATERAL (
    SELECT proof.run
    FROM proof
    WHERE proof.topic = changed.topic AND proof.hour = changed.hour AND proof.ok
      AND proof.proved_at >= changed.corrected_at
    ORDER BY proof.proved_at
    LIMIT 1
) AS proven ON TRUE
WHERE changed.corrected_at > %(since)s
