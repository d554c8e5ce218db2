"""Sums of bytes: the speed layer's by generation, the batch layer's by 5 minutes and by hour."""

from __future__ import annotations

from django.db import models

from serving.schema.fields import SumField


class Bytes(models.Model):
    """Realtime: 5-minute sums that the batch layer has not taken over yet."""

    pk = models.CompositePrimaryKey("generation", "type", "timestamp", "id")
    timestamp = models.DateTimeField()
    id = models.TextField()
    value = SumField()
    type = models.TextField()
    generation = models.BigIntegerField()

    class Meta:
        db_table = "bytes"


class BytesBatch(models.Model):
    """Batch: exact 5-minute sums; `timestamp` is the window's start, UTC."""

    pk = models.CompositePrimaryKey("type", "timestamp", "id")
    timestamp = models.DateTimeField()
    id = models.TextField()
    value = SumField()
    type = models.TextField()

    class Meta:
        db_table = "bytes_batch"
        indexes = [models.Index(fields=["type", "id", "timestamp"], name="bytes_batch_by_id")]


class BytesHourly(models.Model):
    """Batch: exact hourly sums; `timestamp` is the hour's start, UTC."""

    pk = models.CompositePrimaryKey("type", "timestamp", "id")
    timestamp = models.DateTimeField()
    id = models.TextField()
    value = SumField()
    type = models.TextField()

    class Meta:
        db_table = "bytes_hourly"
        indexes = [models.Index(fields=["type", "id", "timestamp"], name="bytes_hourly_by_id")]
