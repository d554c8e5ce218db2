"""The views that readers use, each from its file in `serving/schema/sql`."""

from django.db import migrations, models

from serving.schema.fields import SumField, composite_key
from serving.schema.statements import run_sql


class Migration(migrations.Migration):
    dependencies = [("schema", "0002_books")]

    operations = [
        run_sql("realtime_hour"),
        run_sql("batch_span"),
        run_sql("usage"),
        run_sql("usage_hourly"),
        run_sql("quota_violation"),
        migrations.CreateModel(
            name="RealtimeHour",
            fields=[
                ("hour", models.DateTimeField(primary_key=True, serialize=False)),
            ],
            options={
                "db_table": "realtime_hour",
                "managed": False,
            },
        ),
        migrations.CreateModel(
            name="BatchSpan",
            fields=[
                ("span_start", models.DateTimeField(primary_key=True, serialize=False)),
                ("span_end", models.DateTimeField()),
                ("provisional", models.BooleanField()),
            ],
            options={
                "db_table": "batch_span",
                "managed": False,
            },
        ),
        migrations.CreateModel(
            name="Usage",
            fields=[
                ("pk", composite_key("type", "timestamp", "id")),
                ("timestamp", models.DateTimeField()),
                ("id", models.TextField()),
                ("value", SumField()),
                ("type", models.TextField()),
                ("provisional", models.BooleanField()),
            ],
            options={
                "db_table": "usage",
                "managed": False,
            },
        ),
        migrations.CreateModel(
            name="UsageHourly",
            fields=[
                ("pk", composite_key("type", "timestamp", "id")),
                ("timestamp", models.DateTimeField()),
                ("id", models.TextField()),
                ("value", SumField()),
                ("type", models.TextField()),
                ("provisional", models.BooleanField()),
            ],
            options={
                "db_table": "usage_hourly",
                "managed": False,
            },
        ),
        migrations.CreateModel(
            name="QuotaViolation",
            fields=[
                ("pk", composite_key("timestamp", "email")),
                ("email", models.TextField()),
                ("usage", SumField()),
                ("quota", models.BigIntegerField()),
                ("timestamp", models.DateTimeField()),
                ("provisional", models.BooleanField()),
            ],
            options={
                "db_table": "quota_violation",
                "managed": False,
            },
        ),
    ]
