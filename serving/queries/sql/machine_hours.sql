-- The hours of some machines that start in the range.
SELECT
    h.machine_id, h.hour, h.cpu, h.ram, h.cpu_percent_s, h.ram_percent_s, h.sampled_s, h.samples, h.provisional,
    c.hour IS NOT NULL AS corrected
FROM machine_hour AS h
LEFT JOIN (
    SELECT DISTINCT hour, key_id
    FROM hour_correction
    WHERE topic = %(topic)s AND type = ANY(%(types)s::text[]) AND hour >= %(start)s AND hour < %(end)s
) AS c ON c.key_id = h.machine_id AND c.hour = h.hour
WHERE h.hour >= %(start)s AND h.hour < %(end)s AND h.machine_id = ANY(%(machines)s::text[])
ORDER BY h.machine_id, h.hour
