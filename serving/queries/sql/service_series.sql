-- One row a bucket: all the services asked for together, and whose each peak is.
WITH marked AS ({marked})
SELECT width_bucket(time_stamp, %(edges)s::timestamptz[]) AS bucket,
    (array_agg(service ORDER BY max_cpu DESC NULLS LAST, max_cpu_time, service))[1] AS max_cpu_service,
    (array_agg(service ORDER BY max_ram DESC NULLS LAST, max_ram_time, service))[1] AS max_ram_service,
    (array_agg(service ORDER BY max_disk DESC NULLS LAST, max_disk_time, service))[1] AS max_disk_service,
{sums}
FROM marked
GROUP BY bucket
ORDER BY bucket
