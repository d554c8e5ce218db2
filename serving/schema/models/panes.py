"""Panes of billing: what was fired, what is pending, what panes were fed, what came too late, and the clock."""

from __future__ import annotations

from django.db import models
from django.db.models import Value

from serving.schema.fields import SumField
from serving.schema.models.offsets import NEVER


class BillingPane(models.Model):
    """A firing of a company's window: `value`, `events` are what was new, the totals all so far."""

    pk = models.CompositePrimaryKey("company", "currency", "window_start", "pane")
    company = models.TextField()
    window_start = models.DateTimeField()
    window_end = models.DateTimeField()
    pane = models.BigIntegerField()
    timing = models.TextField()
    is_last = models.BooleanField()
    value = SumField(decimal_places=6)
    events = models.BigIntegerField()
    fired_at = models.DateTimeField()
    currency = models.TextField()
    total_value = SumField(decimal_places=6)
    total_events = models.BigIntegerField()

    class Meta:
        db_table = "billing_pane"
        indexes = [models.Index(fields=["window_start"], name="billing_pane_by_window")]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(timing__in=["early", "on_time", "late"]), name="billing_pane_timing"),
        ]


class BillingPending(models.Model):
    """An open window: what waits for a pane, what it holds in all, and when it is due."""

    pk = models.CompositePrimaryKey("company", "currency", "window_start")
    company = models.TextField()
    currency = models.TextField()
    window_start = models.DateTimeField()
    window_end = models.DateTimeField()
    value = SumField(decimal_places=6)
    events = models.BigIntegerField()
    total_value = SumField(decimal_places=6)
    total_events = models.BigIntegerField()
    panes = models.BigIntegerField()
    on_time = models.BooleanField()
    due_at = models.DateTimeField(null=True)
    due_watermark = models.DateTimeField()

    class Meta:
        db_table = "billing_pending"
        indexes = [
            models.Index(fields=["due_at"], name="billing_pending_due_at"),
            models.Index(fields=["due_watermark"], name="billing_pending_due_watermark"),
        ]


class BillingPaneInput(models.Model):
    """What panes were fed, by the generation that fed it."""

    pk = models.CompositePrimaryKey("generation", "company", "currency", "window_start")
    generation = models.BigIntegerField()
    company = models.TextField()
    currency = models.TextField()
    window_start = models.DateTimeField()
    value = SumField(decimal_places=6)
    events = models.BigIntegerField()

    class Meta:
        db_table = "billing_pane_input"
        indexes = [models.Index(fields=["window_start"], name="billing_pane_input_by_window")]


class BillingIdentity(models.Model):
    """The first of each identity, until its hour's last window is closed: what was counted, and from where.

    `too_late`: it was counted as too late, not in a pane.
    """

    pk = models.CompositePrimaryKey("event_hour", "event_id")
    event_hour = models.DateTimeField()
    event_id = models.TextField()
    company = models.TextField()
    currency = models.TextField()
    window_start = models.DateTimeField()
    value = SumField(decimal_places=6)
    ingest_time = models.DateTimeField()
    partition = models.BigIntegerField()
    offset = models.BigIntegerField()
    event_time = models.DateTimeField()
    too_late = models.BooleanField()

    class Meta:
        db_table = "billing_identity"


class BillingTooLate(models.Model):
    """An event whose window was closed. `repeat` None: not judged yet.

    `taken_back`: no event of its own, but one that an earlier arrival of the same identity takes back, when no pane
    could hold that any more; `value` is the opposite of what was counted.
    """

    pk = models.CompositePrimaryKey("partition", "offset", "taken_back")
    partition = models.BigIntegerField()
    offset = models.BigIntegerField()
    generation = models.BigIntegerField()
    company = models.TextField()
    currency = models.TextField()
    window_start = models.DateTimeField()
    event_time = models.DateTimeField()
    event_id = models.TextField(null=True)
    value = SumField(decimal_places=6)
    watermark = models.DateTimeField()
    noticed_at = models.DateTimeField()
    repeat = models.BooleanField(null=True)
    ingest_time = models.DateTimeField()
    taken_back = models.BooleanField(db_default=False)

    class Meta:
        db_table = "billing_too_late"
        indexes = [models.Index(fields=["window_start"], name="billing_too_late_by_window")]


class PaneClock(models.Model):
    """A topic's watermark; windows that end at or before `closed_to` are closed for good."""

    topic = models.TextField(primary_key=True)
    watermark = models.DateTimeField(null=True)
    moved_at = models.DateTimeField()
    closed_to = models.DateTimeField(db_default=Value(NEVER))

    class Meta:
        db_table = "pane_clock"
