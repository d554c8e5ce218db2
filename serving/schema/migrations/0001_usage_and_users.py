"""Sums of bytes, users and quotas, with the contract's columns first and in its order."""

from django.db import migrations, models

from serving.schema.fields import SumField, composite_key


class Migration(migrations.Migration):
    initial = True
    dependencies: list[tuple[str, str]] = []

    operations = [
        migrations.CreateModel(
            name="Bytes",
            fields=[
                ("pk", composite_key("generation", "type", "timestamp", "id")),
                ("timestamp", models.DateTimeField()),
                ("id", models.TextField()),
                ("value", SumField()),
                ("type", models.TextField()),
                ("generation", models.BigIntegerField()),
            ],
            options={
                "db_table": "bytes",
            },
        ),
        migrations.CreateModel(
            name="BytesBatch",
            fields=[
                ("pk", composite_key("type", "timestamp", "id")),
                ("timestamp", models.DateTimeField()),
                ("id", models.TextField()),
                ("value", SumField()),
                ("type", models.TextField()),
            ],
            options={
                "db_table": "bytes_batch",
                "indexes": [
                    models.Index(fields=["type", "id", "timestamp"], name="bytes_batch_by_id"),
                ],
            },
        ),
        migrations.CreateModel(
            name="BytesHourly",
            fields=[
                ("pk", composite_key("type", "timestamp", "id")),
                ("timestamp", models.DateTimeField()),
                ("id", models.TextField()),
                ("value", SumField()),
                ("type", models.TextField()),
            ],
            options={
                "db_table": "bytes_hourly",
                "indexes": [
                    models.Index(fields=["type", "id", "timestamp"], name="bytes_hourly_by_id"),
                ],
            },
        ),
        migrations.CreateModel(
            name="UserMetadata",
            fields=[
                ("id", models.TextField(primary_key=True, serialize=False)),
                ("name", models.TextField()),
                ("email", models.TextField()),
                ("quota", models.BigIntegerField()),
            ],
            options={
                "db_table": "user_metadata",
                "constraints": [
                    models.UniqueConstraint(fields=("email",), name="user_metadata_email"),
                    models.CheckConstraint(condition=models.Q(("quota__gte", 0)), name="user_metadata_quota"),
                ],
            },
        ),
        migrations.CreateModel(
            name="UserQuotaLimit",
            fields=[
                ("pk", composite_key("timestamp", "email")),
                ("email", models.TextField()),
                ("usage", SumField()),
                ("quota", models.BigIntegerField()),
                ("timestamp", models.DateTimeField()),
            ],
            options={
                "db_table": "user_quota_limit",
                "indexes": [
                    models.Index(fields=["email", "timestamp"], name="user_quota_limit_by_email"),
                ],
            },
        ),
        migrations.CreateModel(
            name="HourQuota",
            fields=[
                ("pk", composite_key("topic", "hour", "id")),
                ("topic", models.TextField()),
                ("hour", models.DateTimeField()),
                ("id", models.TextField()),
                ("email", models.TextField()),
                ("quota", models.BigIntegerField()),
            ],
            options={
                "db_table": "hour_quota",
            },
        ),
        migrations.RunSQL(
            # Room on each page, so that adding to a realtime sum stays within it (a heap-only update).
            "ALTER TABLE bytes SET (fillfactor = 70)",
            migrations.RunSQL.noop,
        ),
    ]
