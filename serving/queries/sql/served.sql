SELECT timestamp, id, value, provisional
FROM usage
WHERE type = %(type)s AND timestamp >= %(start)s AND timestamp < %(hours_start)s
UNION ALL
SELECT timestamp, id, value, provisional
FROM usage_hourly
WHERE type = %(type)s AND timestamp >= %(hours_start)s AND timestamp < %(hours_end)s
UNION ALL
SELECT timestamp, id, value, provisional
FROM usage
WHERE type = %(type)s AND timestamp >= %(hours_end)s AND timestamp < %(end)s
