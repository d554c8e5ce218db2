-- Users above their quota. Hours without realtime rows: as the batch layer published them. The others, never
-- published ones among them: the served sum against the quota the hour is frozen at once final, else the user's
-- quota now. Frozen quotas are looked up one by one: there is one for every user and hour ever published.
CREATE OR REPLACE VIEW quota_violation AS
SELECT v.email, v.usage, v.quota, v.timestamp, s.provisional
FROM batch_span AS s
INNER JOIN user_quota_limit AS v ON v.timestamp >= s.span_start AND v.timestamp < s.span_end
UNION ALL
SELECT
    coalesce(frozen.email, now.email) AS email,
    served.value AS usage,
    coalesce(frozen.quota, now.quota) AS quota,
    served.timestamp,
    TRUE AS provisional
FROM realtime_hour AS r
INNER JOIN usage_hourly AS served ON served.timestamp = r.hour AND served.type = 'user_total_bytes'
LEFT JOIN final_span AS f ON f.topic = 'devices' AND f.span_start <= r.hour AND f.span_end > r.hour
LEFT JOIN LATERAL (
    SELECT q.email, q.quota
    FROM hour_quota AS q
    WHERE q.topic = f.topic AND q.hour = served.timestamp AND q.id = served.id
    LIMIT 1
) AS frozen ON TRUE
LEFT JOIN user_metadata AS now ON now.id = served.id
WHERE served.value > coalesce(frozen.quota, now.quota);
