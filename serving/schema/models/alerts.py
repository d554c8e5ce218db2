"""Alerts: rules and budgets, what was raised and judged, and the outbox to the webhook."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q, Value
from django.db.models.functions import Now

from serving.schema.fields import SumField


class AlertRule(models.Model):
    """Tell at `percent` of a quota or budget; `subject` null: of everyone. Never changed, only ended."""

    id = models.BigAutoField(primary_key=True)
    kind = models.TextField()
    percent = models.BigIntegerField()
    subject = models.TextField(null=True)
    created_at = models.DateTimeField(db_default=Now())
    created_by = models.TextField(db_default=Value(""))
    ended_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "alert_rule"
        constraints = [
            models.CheckConstraint(condition=Q(kind__in=["quota", "budget"]), name="alert_rule_kind"),
            models.CheckConstraint(condition=Q(percent__gte=1, percent__lte=1000), name="alert_rule_percent"),
            models.UniqueConstraint(
                fields=["kind", "percent", "subject"], condition=Q(ended_at=None), nulls_distinct=False,
                name="one_such_rule"),
        ]


class Budget(models.Model):
    """What a customer may cost in a calendar month, UTC."""

    pk = models.CompositePrimaryKey("customer", "currency")
    customer = models.TextField()
    currency = models.TextField()
    amount = SumField(decimal_places=6)
    changed_at = models.DateTimeField(db_default=Now())
    changed_by = models.TextField(db_default=Value(""))

    class Meta:
        db_table = "budget"
        constraints = [models.CheckConstraint(condition=Q(amount__gt=0), name="budget_amount")]


class Alert(models.Model):
    """A threshold crossed by an id in a period; `currency` is empty for bytes. Writing its state fills the outbox.

    `raised_at` null: the batch layer found it first. `delay_s`: from the append time of the event that crossed to
    `raised_at`; null where it was not raised, did not cross, or was not measured.
    """

    number = models.BigAutoField(primary_key=True)
    rule = models.ForeignKey(AlertRule, models.RESTRICT, db_column="rule", db_index=False)
    id = models.TextField()
    currency = models.TextField(db_default=Value(""))
    period_start = models.DateTimeField()
    period_end = models.DateTimeField()
    state = models.TextField()
    value = SumField(decimal_places=12)
    threshold = SumField(decimal_places=12)
    raised_at = models.DateTimeField(null=True)
    judged_at = models.DateTimeField(null=True)
    delay_s = SumField(decimal_places=6, null=True)
    told_at = models.GeneratedField(
        expression=models.functions.Least(F("raised_at"), F("judged_at")), output_field=models.DateTimeField(),
        db_persist=True)

    class Meta:
        db_table = "alert"
        constraints = [
            models.CheckConstraint(
                condition=Q(state__in=["raised", "confirmed", "withdrawn", "missed"]), name="alert_state"),
            models.UniqueConstraint(fields=["rule", "id", "currency", "period_start"], name="told_once_a_period"),
        ]
        indexes = [
            models.Index(fields=["period_start", "state"], name="alert_by_period"),
            models.Index(fields=["-told_at"], name="alert_latest"),
        ]


class Outbox(models.Model):
    """A change of an alert's state, to be posted. `delivered_at` null: it waits. Its id is the idempotency key."""

    id = models.BigAutoField(primary_key=True)
    alert = models.ForeignKey(Alert, models.RESTRICT, db_column="alert", db_index=False)
    state = models.TextField()
    payload = models.JSONField()
    created_at = models.DateTimeField(db_default=Now())
    delivered_at = models.DateTimeField(null=True)
    attempts = models.BigIntegerField(db_default=Value(0))
    next_try_at = models.DateTimeField(db_default=Now())

    class Meta:
        db_table = "outbox"
        indexes = [
            models.Index(fields=["alert", "id"], name="outbox_by_alert"),
            models.Index(fields=["next_try_at", "id"], condition=Q(delivered_at=None), name="outbox_waiting"),
        ]


class WebhookDelivery(models.Model):
    """A try. `status` null: no answer; `error` says why, and is empty where the receiver took it."""

    id = models.BigAutoField(primary_key=True)
    outbox = models.ForeignKey(Outbox, models.RESTRICT, db_column="outbox", db_index=False)
    at = models.DateTimeField(db_default=Now())
    status = models.BigIntegerField(null=True)
    error = models.TextField(db_default=Value(""))
    took_s = SumField(decimal_places=3, null=True)

    class Meta:
        db_table = "webhook_delivery"
        indexes = [models.Index(fields=["outbox", "id"], name="webhook_delivery_by_change")]
