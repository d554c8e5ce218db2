"""Panes of billing, what they were fed, what came too late; and when the ends of Kafka's log were asked for."""

from datetime import UTC, datetime

from django.db import migrations, models

from serving.schema.fields import SumField, composite_key

NEVER = datetime(1970, 1, 1, tzinfo=UTC)


class Migration(migrations.Migration):
    dependencies = [("schema", "0010_billing")]

    operations = [
        migrations.AddField(
            "StreamOffset", "ends_asked_at", models.DateTimeField(db_default=models.Value(NEVER))),
        migrations.CreateModel(
            name="BillingPane",
            fields=[
                ("pk", composite_key("company", "currency", "window_start", "pane")),
                ("company", models.TextField()),
                ("window_start", models.DateTimeField()),
                ("window_end", models.DateTimeField()),
                ("pane", models.BigIntegerField()),
                ("timing", models.TextField()),
                ("is_last", models.BooleanField()),
                ("value", SumField(decimal_places=6)),
                ("events", models.BigIntegerField()),
                ("fired_at", models.DateTimeField()),
                ("currency", models.TextField()),
                ("total_value", SumField(decimal_places=6)),
                ("total_events", models.BigIntegerField()),
            ],
            options={
                "db_table": "billing_pane",
                "indexes": [models.Index(fields=["window_start"], name="billing_pane_by_window")],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("timing__in", ["early", "on_time", "late"])), name="billing_pane_timing"
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="BillingPending",
            fields=[
                ("pk", composite_key("company", "currency", "window_start")),
                ("company", models.TextField()),
                ("currency", models.TextField()),
                ("window_start", models.DateTimeField()),
                ("window_end", models.DateTimeField()),
                ("value", SumField(decimal_places=6)),
                ("events", models.BigIntegerField()),
                ("total_value", SumField(decimal_places=6)),
                ("total_events", models.BigIntegerField()),
                ("panes", models.BigIntegerField()),
                ("on_time", models.BooleanField()),
                ("due_at", models.DateTimeField(null=True)),
                ("due_watermark", models.DateTimeField()),
            ],
            options={
                "db_table": "billing_pending",
                "indexes": [
                    models.Index(fields=["due_at"], name="billing_pending_due_at"),
                    models.Index(fields=["due_watermark"], name="billing_pending_due_watermark"),
                ],
            },
        ),
        migrations.CreateModel(
            name="BillingPaneInput",
            fields=[
                ("pk", composite_key("generation", "company", "currency", "window_start")),
                ("generation", models.BigIntegerField()),
                ("company", models.TextField()),
                ("currency", models.TextField()),
                ("window_start", models.DateTimeField()),
                ("value", SumField(decimal_places=6)),
                ("events", models.BigIntegerField()),
            ],
            options={
                "db_table": "billing_pane_input",
                "indexes": [models.Index(fields=["window_start"], name="billing_pane_input_by_window")],
            },
        ),
        migrations.CreateModel(
            name="BillingIdentity",
            fields=[
                ("pk", composite_key("event_hour", "event_id")),
                ("event_hour", models.DateTimeField()),
                ("event_id", models.TextField()),
                ("company", models.TextField()),
                ("currency", models.TextField()),
                ("window_start", models.DateTimeField()),
                ("value", SumField(decimal_places=6)),
                ("ingest_time", models.DateTimeField()),
                ("partition", models.BigIntegerField()),
                ("offset", models.BigIntegerField()),
                ("event_time", models.DateTimeField()),
                ("too_late", models.BooleanField()),
            ],
            options={"db_table": "billing_identity"},
        ),
        migrations.CreateModel(
            name="BillingTooLate",
            fields=[
                ("pk", composite_key("partition", "offset", "taken_back")),
                ("partition", models.BigIntegerField()),
                ("offset", models.BigIntegerField()),
                ("generation", models.BigIntegerField()),
                ("company", models.TextField()),
                ("currency", models.TextField()),
                ("window_start", models.DateTimeField()),
                ("event_time", models.DateTimeField()),
                ("event_id", models.TextField(null=True)),
                ("value", SumField(decimal_places=6)),
                ("watermark", models.DateTimeField()),
                ("noticed_at", models.DateTimeField()),
                ("repeat", models.BooleanField(null=True)),
                ("ingest_time", models.DateTimeField()),
                ("taken_back", models.BooleanField(db_default=False)),
            ],
            options={
                "db_table": "billing_too_late",
                "indexes": [models.Index(fields=["window_start"], name="billing_too_late_by_window")],
            },
        ),
        migrations.CreateModel(
            name="PaneClock",
            fields=[
                ("topic", models.TextField(primary_key=True, serialize=False)),
                ("watermark", models.DateTimeField(null=True)),
                ("moved_at", models.DateTimeField()),
                ("closed_to", models.DateTimeField(db_default=models.Value(NEVER))),
            ],
            options={"db_table": "pane_clock"},
        ),
    ]
