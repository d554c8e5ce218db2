"""What the layers do: the batch runs, and what each layer last said of itself."""

from __future__ import annotations

from django.db import models
from django.db.models import Value
from django.db.models.functions import Now


class BatchRun(models.Model):
    """One run of the batch layer. `finished_at` is null while it runs."""

    run = models.BigAutoField(primary_key=True)
    topic = models.TextField()
    sealed_generation = models.BigIntegerField()
    started_at = models.DateTimeField(db_default=Now())
    finished_at = models.DateTimeField(null=True)
    hours_published = models.BigIntegerField(db_default=0)
    hours_failed = models.BigIntegerField(db_default=0)
    status = models.TextField(db_default=Value("running"))
    note = models.TextField(db_default=Value(""))

    class Meta:
        db_table = "batch_run"
        indexes = [models.Index(fields=["topic", "-started_at"], name="batch_run_latest")]


class LayerStatus(models.Model):
    """What a layer ('speed:devices', 'batch') last said of itself, and when."""

    layer = models.TextField(primary_key=True)
    started_at = models.DateTimeField(db_default=Now())
    seen_at = models.DateTimeField(db_default=Now())
    detail = models.JSONField(db_default=Value({}, output_field=models.JSONField()))

    class Meta:
        db_table = "layer_status"
