"""Tariffs in versions, and what was rated by them."""

from django.db import migrations, models
from django.db.models.functions import Now

from serving.schema.fields import SumField, composite_key
from serving.schema.statements import run_sql


class Migration(migrations.Migration):
    dependencies = [("schema", "0011_panes")]

    operations = [
        migrations.CreateModel(
            name="TariffVersion",
            fields=[
                ("pk", composite_key("name", "valid_from")),
                ("name", models.TextField()),
                ("valid_from", models.DateTimeField()),
                ("subject", models.TextField()),
                ("spec", models.JSONField()),
                ("sha256", models.TextField()),
                ("created_at", models.DateTimeField(db_default=Now())),
                ("created_by", models.TextField(db_default=models.Value(""))),
                ("rated_at", models.DateTimeField(null=True)),
            ],
            options={"db_table": "tariff"},
        ),
        migrations.CreateModel(
            name="RatedHour",
            fields=[
                ("pk", composite_key("tariff", "valid_from", "customer", "hour")),
                ("tariff", models.TextField()),
                ("valid_from", models.DateTimeField()),
                ("customer", models.TextField()),
                ("hour", models.DateTimeField()),
                ("period", models.DateField()),
                ("subject", models.TextField()),
                ("currency", models.TextField()),
                ("quantity", SumField(decimal_places=12)),
                ("amount", SumField(decimal_places=12)),
                ("revision", models.BigIntegerField()),
            ],
            options={
                "db_table": "rated_hour",
                "indexes": [
                    models.Index(fields=["customer", "hour"], name="rated_hour_by_customer"),
                    models.Index(fields=["tariff", "valid_from", "hour"], name="rated_hour_by_hour"),
                ],
            },
        ),
        migrations.CreateModel(
            name="RatedLine",
            fields=[
                ("pk", composite_key("tariff", "valid_from", "customer", "period")),
                ("tariff", models.TextField()),
                ("valid_from", models.DateTimeField()),
                ("customer", models.TextField()),
                ("period", models.DateField()),
                ("period_end", models.DateField()),
                ("subject", models.TextField()),
                ("currency", models.TextField()),
                ("quantity", SumField(decimal_places=12)),
                ("fixed", SumField(decimal_places=12)),
                ("rounding", SumField(decimal_places=12)),
                ("amount", SumField(decimal_places=12)),
            ],
            options={
                "db_table": "rated_line",
                "indexes": [models.Index(fields=["customer", "period"], name="rated_line_by_customer")],
            },
        ),
        migrations.CreateModel(
            name="RatedState",
            fields=[
                ("pk", composite_key("topic", "hour")),
                ("topic", models.TextField()),
                ("hour", models.DateTimeField()),
                ("revision", models.BigIntegerField()),
            ],
            options={"db_table": "rated_state"},
        ),
        run_sql("tariffs"),
    ]
