"""What is known of each hour: its revision, its finality, its corrections and its proof."""

from __future__ import annotations

from django.db import models
from django.db.models import Value
from django.db.models.functions import Now

from serving.schema.fields import SumField


class HourState(models.Model):
    """An hour as published. `failed` says why the last try did not publish, empty when it did."""

    pk = models.CompositePrimaryKey("topic", "hour")
    topic = models.TextField()
    hour = models.DateTimeField()
    published_generation = models.BigIntegerField()
    revision = models.BigIntegerField()
    events = models.BigIntegerField()
    duplicates = models.BigIntegerField()
    final = models.BooleanField()
    conflicts = models.BigIntegerField(db_default=0)
    first_arrival = models.DateTimeField(db_default=Now())
    published_at = models.DateTimeField(db_default=Now())
    failed = models.TextField(db_default=Value(""))

    class Meta:
        db_table = "hour_state"
        indexes = [
            models.Index(fields=["topic", "hour"], condition=models.Q(final=False), name="hour_state_not_final"),
            models.Index(fields=["topic", "-hour"], condition=~models.Q(failed=""), name="hour_state_failed"),
        ]


class FinalSpan(models.Model):
    """Final hours [span_start, span_end) of a topic without a gap; a trigger on `hour_state` keeps them."""

    pk = models.CompositePrimaryKey("topic", "span_start")
    topic = models.TextField()
    span_start = models.DateTimeField()
    span_end = models.DateTimeField()

    class Meta:
        db_table = "final_span"


class HourCorrection(models.Model):
    """One number that changed after its hour was final."""

    id = models.BigAutoField(primary_key=True)
    topic = models.TextField()
    hour = models.DateTimeField()
    revision = models.BigIntegerField()
    type = models.TextField()
    key_id = models.TextField()
    old = SumField()
    new = SumField()
    corrected_at = models.DateTimeField(db_default=Now())
    why = models.TextField()

    class Meta:
        db_table = "hour_correction"
        indexes = [models.Index(fields=["topic", "hour"], name="hour_correction_by_hour")]


class Proof(models.Model):
    """Realtime, archive and batch compared for one hour and type in one run; `why` is empty when `ok`."""

    pk = models.CompositePrimaryKey("run", "topic", "hour", "type")
    topic = models.TextField()
    hour = models.DateTimeField()
    type = models.TextField()
    realtime = SumField()
    archive = SumField()
    batch = SumField()
    duplicates = SumField()
    ok = models.BooleanField()
    run = models.BigIntegerField(db_default=0)
    generation = models.BigIntegerField(db_default=0)
    why = models.TextField(db_default=Value(""))
    proved_at = models.DateTimeField(db_default=Now())

    class Meta:
        db_table = "proof"
        indexes = [models.Index(fields=["topic", "hour"], name="proof_by_hour")]
