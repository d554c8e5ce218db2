"""Kafka's offsets as committed, what was missing among them, and the generation that tags rows."""

from __future__ import annotations

from datetime import UTC, datetime

from django.db import models
from django.db.models import Value
from django.db.models.functions import Now

NEVER = datetime(1970, 1, 1, tzinfo=UTC)


class StreamGeneration(models.Model):
    """The number with which every speed transaction of a topic tags its rows; the batch layer raises it."""

    topic = models.TextField(primary_key=True)
    generation = models.BigIntegerField(db_default=1)
    topic_id = models.TextField(db_default=Value(""))

    class Meta:
        db_table = "stream_generation"


class StreamOffset(models.Model):
    """How far a partition is committed: offsets of [first_offset, next_offset) are accounted for.

    `end_offset` is the log's end as it was when asked for at `ends_asked_at`, or `next_offset` if that is past it.
    """

    pk = models.CompositePrimaryKey("topic", "partition")
    topic = models.TextField()
    partition = models.BigIntegerField()
    first_offset = models.BigIntegerField()
    next_offset = models.BigIntegerField()
    end_offset = models.BigIntegerField(db_default=0)
    last_append = models.DateTimeField(db_default=Value(NEVER))
    updated_at = models.DateTimeField(db_default=Now())
    ends_asked_at = models.DateTimeField(db_default=Value(NEVER))

    class Meta:
        db_table = "stream_offset"


class OffsetGap(models.Model):
    """Offsets [first_offset, last_offset] never seen, with the reason. `acknowledged_at` None: nobody has yet."""

    pk = models.CompositePrimaryKey("topic", "partition", "first_offset")
    topic = models.TextField()
    partition = models.BigIntegerField()
    first_offset = models.BigIntegerField()
    last_offset = models.BigIntegerField()
    reason = models.TextField()
    noticed_at = models.DateTimeField(db_default=Now())
    acknowledged_by = models.TextField(db_default=Value(""))
    acknowledged_reason = models.TextField(db_default=Value(""))
    acknowledged_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "offset_gap"
