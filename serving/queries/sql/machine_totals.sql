-- One row a machine: the sums of its hours that start in the range.
SELECT
    h.machine_id,
    sum(h.cpu) AS cpu,
    sum(h.ram) AS ram,
    sum(h.cpu_percent_s) AS cpu_percent_s,
    sum(h.ram_percent_s) AS ram_percent_s,
    sum(h.sampled_s) AS sampled_s,
    sum(h.samples) AS samples,
    bool_or(h.provisional) AS provisional,
    bool_or(c.hour IS NOT NULL) AS corrected,
    count(*) OVER () AS rows
FROM machine_hour AS h
LEFT JOIN (
    SELECT DISTINCT hour, key_id
    FROM hour_correction
    WHERE topic = %(topic)s AND type = ANY(%(types)s::text[]) AND hour >= %(start)s AND hour < %(end)s
) AS c ON c.key_id = h.machine_id AND c.hour = h.hour
WHERE h.hour >= %(start)s AND h.hour < %(end)s
GROUP BY h.machine_id
ORDER BY h.machine_id
LIMIT %(limit)s OFFSET %(offset)s
