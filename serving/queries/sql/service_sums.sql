    sum(cpu) AS cpu, sum(ram) AS ram, sum(disk) AS disk,
    max(max_cpu) AS max_cpu, max(max_ram) AS max_ram, max(max_disk) AS max_disk,
    (array_agg(max_cpu_time ORDER BY max_cpu DESC NULLS LAST, max_cpu_time))[1] AS max_cpu_time,
    (array_agg(max_ram_time ORDER BY max_ram DESC NULLS LAST, max_ram_time))[1] AS max_ram_time,
    (array_agg(max_disk_time ORDER BY max_disk DESC NULLS LAST, max_disk_time))[1] AS max_disk_time,
    sum(cpu_known) AS cpu_known, sum(ram_known) AS ram_known, sum(disk_known) AS disk_known,
    sum(msg_num) AS msg_num, bool_or(provisional) AS provisional, bool_or(corrected) AS corrected
