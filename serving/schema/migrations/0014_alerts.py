"""Alerts: rules, budgets, what was raised and judged, the outbox and its deliveries."""

from django.db import migrations, models
from django.db.models import F, Q, Value
from django.db.models.functions import Least, Now

from serving.schema.fields import SumField, composite_key
from serving.schema.statements import run_sql

RULE = migrations.CreateModel(
    name="AlertRule",
    fields=[
        ("id", models.BigAutoField(primary_key=True, serialize=False)),
        ("kind", models.TextField()),
        ("percent", models.BigIntegerField()),
        ("subject", models.TextField(null=True)),
        ("created_at", models.DateTimeField(db_default=Now())),
        ("created_by", models.TextField(db_default=Value(""))),
        ("ended_at", models.DateTimeField(null=True)),
    ],
    options={
        "db_table": "alert_rule",
        "constraints": [
            models.CheckConstraint(condition=Q(kind__in=["quota", "budget"]), name="alert_rule_kind"),
            models.CheckConstraint(condition=Q(percent__gte=1, percent__lte=1000), name="alert_rule_percent"),
            models.UniqueConstraint(
                fields=["kind", "percent", "subject"], condition=Q(ended_at=None), nulls_distinct=False,
                name="one_such_rule"),
        ],
    },
)

BUDGET = migrations.CreateModel(
    name="Budget",
    fields=[
        ("pk", composite_key("customer", "currency")),
        ("customer", models.TextField()),
        ("currency", models.TextField()),
        ("amount", SumField(decimal_places=6)),
        ("changed_at", models.DateTimeField(db_default=Now())),
        ("changed_by", models.TextField(db_default=Value(""))),
    ],
    options={
        "db_table": "budget",
        "constraints": [models.CheckConstraint(condition=Q(amount__gt=0), name="budget_amount")],
    },
)

ALERT = migrations.CreateModel(
    name="Alert",
    fields=[
        ("number", models.BigAutoField(primary_key=True, serialize=False)),
        ("rule", models.ForeignKey("schema.AlertRule", models.RESTRICT, db_column="rule", db_index=False)),
        ("id", models.TextField()),
        ("currency", models.TextField(db_default=Value(""))),
        ("period_start", models.DateTimeField()),
        ("period_end", models.DateTimeField()),
        ("state", models.TextField()),
        ("value", SumField(decimal_places=12)),
        ("threshold", SumField(decimal_places=12)),
        ("raised_at", models.DateTimeField(null=True)),
        ("judged_at", models.DateTimeField(null=True)),
        ("delay_s", SumField(decimal_places=6, null=True)),
        ("told_at", models.GeneratedField(
            expression=Least(F("raised_at"), F("judged_at")), output_field=models.DateTimeField(), db_persist=True)),
    ],
    options={
        "db_table": "alert",
        "constraints": [
            models.CheckConstraint(
                condition=Q(state__in=["raised", "confirmed", "withdrawn", "missed"]), name="alert_state"),
            models.UniqueConstraint(fields=["rule", "id", "currency", "period_start"], name="told_once_a_period"),
        ],
        "indexes": [
            models.Index(fields=["period_start", "state"], name="alert_by_period"),
            models.Index(fields=["-told_at"], name="alert_latest"),
        ],
    },
)

OUTBOX = migrations.CreateModel(
    name="Outbox",
    fields=[
        ("id", models.BigAutoField(primary_key=True, serialize=False)),
        ("alert", models.ForeignKey("schema.Alert", models.RESTRICT, db_column="alert", db_index=False)),
        ("state", models.TextField()),
        ("payload", models.JSONField()),
        ("created_at", models.DateTimeField(db_default=Now())),
        ("delivered_at", models.DateTimeField(null=True)),
        ("attempts", models.BigIntegerField(db_default=Value(0))),
        ("next_try_at", models.DateTimeField(db_default=Now())),
    ],
    options={
        "db_table": "outbox",
        "indexes": [
            models.Index(fields=["alert", "id"], name="outbox_by_alert"),
            models.Index(fields=["next_try_at", "id"], condition=Q(delivered_at=None), name="outbox_waiting"),
        ],
    },
)

DELIVERY = migrations.CreateModel(
    name="WebhookDelivery",
    fields=[
        ("id", models.BigAutoField(primary_key=True, serialize=False)),
        ("outbox", models.ForeignKey("schema.Outbox", models.RESTRICT, db_column="outbox", db_index=False)),
        ("at", models.DateTimeField(db_default=Now())),
        ("status", models.BigIntegerField(null=True)),
        ("error", models.TextField(db_default=Value(""))),
        ("took_s", SumField(decimal_places=3, null=True)),
    ],
    options={
        "db_table": "webhook_delivery",
        "indexes": [models.Index(fields=["outbox", "id"], name="webhook_delivery_by_change")],
    },
)


class Migration(migrations.Migration):
    dependencies = [("schema", "0013_invoices")]

    operations = [RULE, BUDGET, ALERT, OUTBOX, DELIVERY, run_sql("tell_alert")]
