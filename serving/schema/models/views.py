"""The views that readers use. Not managed: their SQL is in `serving/schema/sql`, run by the migrations."""

from __future__ import annotations

from django.db import models

from serving.schema.fields import SumField


class RealtimeHour(models.Model):
    """An hour that has realtime rows."""

    hour = models.DateTimeField(primary_key=True)

    class Meta:
        managed = False
        db_table = "realtime_hour"


class BatchSpan(models.Model):
    """A span [span_start, span_end) that the batch tables serve alone, final or not yet."""

    span_start = models.DateTimeField(primary_key=True)
    span_end = models.DateTimeField()
    provisional = models.BooleanField()

    class Meta:
        managed = False
        db_table = "batch_span"


class Usage(models.Model):
    """Batch + realtime at 5 minutes; provisional while the hour is not final or has realtime rows."""

    pk = models.CompositePrimaryKey("type", "timestamp", "id")
    timestamp = models.DateTimeField()
    id = models.TextField()
    value = SumField()
    type = models.TextField()
    provisional = models.BooleanField()

    class Meta:
        managed = False
        db_table = "usage"


class UsageHourly(models.Model):
    """Batch + realtime by hour; provisional by the same rule."""

    pk = models.CompositePrimaryKey("type", "timestamp", "id")
    timestamp = models.DateTimeField()
    id = models.TextField()
    value = SumField()
    type = models.TextField()
    provisional = models.BooleanField()

    class Meta:
        managed = False
        db_table = "usage_hourly"


class QuotaViolation(models.Model):
    """A user whose bytes in the hour that begins at `timestamp` exceed the quota, so far or for good."""

    pk = models.CompositePrimaryKey("timestamp", "email")
    email = models.TextField()
    usage = SumField()
    quota = models.BigIntegerField()
    timestamp = models.DateTimeField()
    provisional = models.BooleanField()

    class Meta:
        managed = False
        db_table = "quota_violation"
