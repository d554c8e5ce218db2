"""Machines: load by service and minute, use by machine and minute, and both by hour.

Not managed: their SQL is in `serving/schema/sql`, made from the declaration and run by the migrations.
"""

from __future__ import annotations

from django.db import models

from serving.schema.fields import SumField


class _Service(models.Model):
    service = models.TextField()
    time_stamp = models.DateTimeField()
    cpu = SumField(decimal_places=3)
    ram = SumField(decimal_places=3)
    disk = SumField(decimal_places=3)
    max_cpu_time = models.DateTimeField(null=True)
    max_cpu = SumField(decimal_places=3, null=True)
    max_ram_time = models.DateTimeField(null=True)
    max_ram = SumField(decimal_places=3, null=True)
    max_disk_time = models.DateTimeField(null=True)
    max_disk = SumField(decimal_places=3, null=True)
    msg_num = models.BigIntegerField()
    cpu_known = models.BigIntegerField(default=0)
    ram_known = models.BigIntegerField(default=0)
    disk_known = models.BigIntegerField(default=0)

    class Meta:
        abstract = True


class ServiceMinuteRealtime(_Service):
    """Realtime: minutes that the batch layer has not taken over yet."""

    pk = models.CompositePrimaryKey("generation", "time_stamp", "service")
    generation = models.BigIntegerField()

    class Meta:
        managed = False
        db_table = "service_minute_realtime"


class ServiceMinuteBatch(_Service):
    """Batch: exact sums and peaks by minute; `time_stamp` is the minute's start, UTC."""

    pk = models.CompositePrimaryKey("time_stamp", "service")

    class Meta:
        managed = False
        db_table = "service_minute_batch"


class ServiceHourBatch(_Service):
    """Batch: the same by hour."""

    pk = models.CompositePrimaryKey("time_stamp", "service")

    class Meta:
        managed = False
        db_table = "service_hour_batch"


class ServiceMinute(_Service):
    """Batch + realtime by minute; provisional while the hour is not final or has realtime rows."""

    pk = models.CompositePrimaryKey("time_stamp", "service")
    provisional = models.BooleanField()

    class Meta:
        managed = False
        db_table = "service_minute"


class ServiceHour(_Service):
    """Batch + realtime by hour."""

    pk = models.CompositePrimaryKey("time_stamp", "service")
    provisional = models.BooleanField()

    class Meta:
        managed = False
        db_table = "service_hour"


class _Machine(models.Model):
    machine_id = models.TextField()
    cpu = SumField(decimal_places=3)
    ram = SumField(decimal_places=3)
    cpu_percent_s = SumField(decimal_places=3)
    ram_percent_s = SumField(decimal_places=3)
    sampled_s = SumField()
    samples = models.BigIntegerField()

    class Meta:
        abstract = True


class MachineMinuteRealtime(_Machine):
    """Realtime: minutes that the batch layer has not taken over yet."""

    pk = models.CompositePrimaryKey("generation", "minute", "machine_id")
    minute = models.DateTimeField()
    generation = models.BigIntegerField()

    class Meta:
        managed = False
        db_table = "machine_minute_realtime"


class MachineMinuteBatch(_Machine):
    """Batch: exact use by minute."""

    pk = models.CompositePrimaryKey("minute", "machine_id")
    minute = models.DateTimeField()

    class Meta:
        managed = False
        db_table = "machine_minute_batch"


class MachineHourBatch(_Machine):
    """Batch: exact use by hour, which is what a machine's cost follows from."""

    pk = models.CompositePrimaryKey("hour", "machine_id")
    hour = models.DateTimeField()

    class Meta:
        managed = False
        db_table = "machine_hour_batch"


class MachineMinute(_Machine):
    """Batch + realtime by minute; provisional while the hour is not final or has realtime rows."""

    pk = models.CompositePrimaryKey("minute", "machine_id")
    minute = models.DateTimeField()
    provisional = models.BooleanField()

    class Meta:
        managed = False
        db_table = "machine_minute"


class MachineHour(_Machine):
    """Batch + realtime by hour."""

    pk = models.CompositePrimaryKey("hour", "machine_id")
    hour = models.DateTimeField()
    provisional = models.BooleanField()

    class Meta:
        managed = False
        db_table = "machine_hour"
