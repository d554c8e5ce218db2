"""The books: offsets, archive files, dead letters, hours, proofs, runs."""

from datetime import UTC, datetime

from django.db import migrations, models
from django.db.models.functions import Now

from serving.schema.fields import SumField, composite_key
from serving.schema.statements import run_sql

NEVER = datetime(1970, 1, 1, tzinfo=UTC)


class Migration(migrations.Migration):
    dependencies = [("schema", "0001_usage_and_users")]

    operations = [
        migrations.CreateModel(
            name="StreamGeneration",
            fields=[
                ("topic", models.TextField(primary_key=True, serialize=False)),
                ("generation", models.BigIntegerField(db_default=1)),
                ("topic_id", models.TextField(db_default=models.Value(""))),
            ],
            options={
                "db_table": "stream_generation",
            },
        ),
        migrations.CreateModel(
            name="StreamOffset",
            fields=[
                ("pk", composite_key("topic", "partition")),
                ("topic", models.TextField()),
                ("partition", models.BigIntegerField()),
                ("first_offset", models.BigIntegerField()),
                ("next_offset", models.BigIntegerField()),
                ("end_offset", models.BigIntegerField(db_default=0)),
                ("last_append", models.DateTimeField(db_default=models.Value(NEVER))),
                ("updated_at", models.DateTimeField(db_default=Now())),
            ],
            options={
                "db_table": "stream_offset",
            },
        ),
        migrations.CreateModel(
            name="OffsetGap",
            fields=[
                ("pk", composite_key("topic", "partition", "first_offset")),
                ("topic", models.TextField()),
                ("partition", models.BigIntegerField()),
                ("first_offset", models.BigIntegerField()),
                ("last_offset", models.BigIntegerField()),
                ("reason", models.TextField()),
                ("noticed_at", models.DateTimeField(db_default=Now())),
                ("acknowledged_by", models.TextField(db_default=models.Value(""))),
                ("acknowledged_reason", models.TextField(db_default=models.Value(""))),
            ],
            options={
                "db_table": "offset_gap",
            },
        ),
        migrations.CreateModel(
            name="ArchiveFile",
            fields=[
                ("path", models.TextField(primary_key=True, serialize=False)),
                ("topic", models.TextField()),
                ("hour", models.DateTimeField()),
                ("rows", models.BigIntegerField()),
                ("kafka_partition", models.BigIntegerField(null=True)),
                ("first_offset", models.BigIntegerField(null=True)),
                ("last_offset", models.BigIntegerField(null=True)),
                ("generation", models.BigIntegerField()),
                ("superseded", models.DateTimeField(null=True)),
                ("size", models.BigIntegerField()),
                ("sha256", models.TextField()),
                ("first_ingest", models.DateTimeField(db_default=Now())),
                ("partition_rows", models.JSONField(db_default=models.Value({}, models.JSONField()))),
                ("listed_at", models.DateTimeField(db_default=Now())),
            ],
            options={
                "db_table": "archive_file",
                "indexes": [
                    models.Index(
                        condition=models.Q(("superseded__isnull", True)),
                        fields=["topic", "hour"],
                        name="archive_file_listed",
                    ),
                    models.Index(fields=["topic", "generation"], name="archive_file_by_generation"),
                ],
            },
        ),
        migrations.CreateModel(
            name="DeadLetter",
            fields=[
                ("pk", composite_key("topic", "partition", "offset")),
                ("topic", models.TextField()),
                ("partition", models.BigIntegerField()),
                ("offset", models.BigIntegerField()),
                ("reason", models.TextField()),
                ("raw", models.BinaryField()),
                ("field", models.TextField(db_default=models.Value(""))),
                ("found", models.TextField(db_default=models.Value(""))),
                ("hint", models.TextField(db_default=models.Value(""))),
                ("raw_size", models.BigIntegerField(db_default=0)),
                ("raw_sha256", models.TextField(db_default=models.Value(""))),
                ("ingest_time", models.DateTimeField(db_default=Now())),
                ("noticed_at", models.DateTimeField(db_default=Now())),
                ("state", models.TextField(db_default=models.Value("open"))),
                ("state_reason", models.TextField(db_default=models.Value(""))),
            ],
            options={
                "db_table": "dead_letter",
                "indexes": [
                    models.Index(fields=["topic", "reason", "noticed_at"], name="dead_letter_by_reason"),
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("state__in", ["open", "replayed", "discarded"])), name="dead_letter_state"
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="HourState",
            fields=[
                ("pk", composite_key("topic", "hour")),
                ("topic", models.TextField()),
                ("hour", models.DateTimeField()),
                ("published_generation", models.BigIntegerField()),
                ("revision", models.BigIntegerField()),
                ("events", models.BigIntegerField()),
                ("duplicates", models.BigIntegerField()),
                ("final", models.BooleanField()),
                ("conflicts", models.BigIntegerField(db_default=0)),
                ("first_arrival", models.DateTimeField(db_default=Now())),
                ("published_at", models.DateTimeField(db_default=Now())),
                ("failed", models.TextField(db_default=models.Value(""))),
            ],
            options={
                "db_table": "hour_state",
                "indexes": [
                    models.Index(
                        condition=models.Q(("final", False)), fields=["topic", "hour"], name="hour_state_not_final"
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="FinalSpan",
            fields=[
                ("pk", composite_key("topic", "span_start")),
                ("topic", models.TextField()),
                ("span_start", models.DateTimeField()),
                ("span_end", models.DateTimeField()),
            ],
            options={
                "db_table": "final_span",
            },
        ),
        run_sql("keep_final_spans"),
        migrations.CreateModel(
            name="HourCorrection",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("topic", models.TextField()),
                ("hour", models.DateTimeField()),
                ("revision", models.BigIntegerField()),
                ("type", models.TextField()),
                ("key_id", models.TextField()),
                ("old", SumField()),
                ("new", SumField()),
                ("corrected_at", models.DateTimeField(db_default=Now())),
                ("why", models.TextField()),
            ],
            options={
                "db_table": "hour_correction",
                "indexes": [
                    models.Index(fields=["topic", "hour"], name="hour_correction_by_hour"),
                ],
            },
        ),
        migrations.CreateModel(
            name="Proof",
            fields=[
                ("pk", composite_key("run", "topic", "hour", "type")),
                ("topic", models.TextField()),
                ("hour", models.DateTimeField()),
                ("type", models.TextField()),
                ("realtime", SumField()),
                ("archive", SumField()),
                ("batch", SumField()),
                ("duplicates", SumField()),
                ("ok", models.BooleanField()),
                ("run", models.BigIntegerField(db_default=0)),
                ("generation", models.BigIntegerField(db_default=0)),
                ("why", models.TextField(db_default=models.Value(""))),
                ("proved_at", models.DateTimeField(db_default=Now())),
            ],
            options={
                "db_table": "proof",
                "indexes": [
                    models.Index(fields=["topic", "hour"], name="proof_by_hour"),
                ],
            },
        ),
        migrations.CreateModel(
            name="BatchRun",
            fields=[
                ("run", models.BigAutoField(primary_key=True, serialize=False)),
                ("topic", models.TextField()),
                ("sealed_generation", models.BigIntegerField()),
                ("started_at", models.DateTimeField(db_default=Now())),
                ("finished_at", models.DateTimeField(null=True)),
                ("hours_published", models.BigIntegerField(db_default=0)),
                ("hours_failed", models.BigIntegerField(db_default=0)),
                ("status", models.TextField(db_default=models.Value("running"))),
                ("note", models.TextField(db_default=models.Value(""))),
            ],
            options={
                "db_table": "batch_run",
                "indexes": [
                    models.Index(fields=["topic", "-started_at"], name="batch_run_latest"),
                ],
            },
        ),
        migrations.CreateModel(
            name="LayerStatus",
            fields=[
                ("layer", models.TextField(primary_key=True, serialize=False)),
                ("started_at", models.DateTimeField(db_default=Now())),
                ("seen_at", models.DateTimeField(db_default=Now())),
                ("detail", models.JSONField(db_default=models.Value({}, output_field=models.JSONField()))),
            ],
            options={
                "db_table": "layer_status",
            },
        ),
    ]
