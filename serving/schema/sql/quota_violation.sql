-- Users above their quota. Hours without realtime rows: as the batch layer published them. The others, never
-- published ones among them: the served sum against the quota the hour is frozen at, else the user's quota now.
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
LEFT JOIN hour_state AS h ON h.topic = 'devices' AND h.hour = r.hour
LEFT JOIN hour_quota AS frozen
    ON h.final AND frozen.topic = 'devices' AND frozen.hour = r.hour AND frozen.id = served.id
LEFT JOIN user_metadata AS now ON now.id = served.id
WHERE served.value > coalesce(frozen.quota, now.quota);
