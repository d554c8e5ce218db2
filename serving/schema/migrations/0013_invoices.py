"""Invoices and correction notes, their counters, and the triggers that keep them as they were written."""

from django.contrib.postgres.functions import TransactionNow
from django.db import migrations, models
from django.db.models import Q

from serving.schema.fields import SumField, composite_key
from serving.schema.statements import run_sql


class Migration(migrations.Migration):
    dependencies = [("schema", "0012_tariffs")]

    operations = [
        migrations.CreateModel(
            name="InvoiceCounter",
            fields=[
                ("kind", models.TextField(primary_key=True, serialize=False)),
                ("last", models.BigIntegerField()),
            ],
            options={"db_table": "invoice_counter"},
        ),
        migrations.CreateModel(
            name="Invoice",
            fields=[
                ("number", models.TextField(primary_key=True, serialize=False)),
                ("kind", models.TextField()),
                ("corrects", models.TextField(null=True)),
                ("customer", models.TextField()),
                ("period", models.DateField()),
                ("period_end", models.DateField()),
                ("currency", models.TextField()),
                ("total", SumField(decimal_places=12)),
                ("issued_at", models.DateTimeField(db_default=TransactionNow())),
                ("batch_run", models.BigIntegerField(db_default=0)),
                ("why", models.TextField(db_default=models.Value(""))),
            ],
            options={
                "db_table": "invoice",
                "constraints": [
                    models.UniqueConstraint(
                        fields=["customer", "period", "period_end", "currency"], condition=Q(kind="invoice"),
                        name="one_invoice_an_account"),
                    models.CheckConstraint(
                        condition=Q(kind="invoice", corrects=None) | Q(kind="correction", corrects__isnull=False),
                        name="only_a_correction_corrects"),
                    models.CheckConstraint(
                        condition=Q(period__lt=models.F("period_end")), name="invoice_period_has_days"),
                ],
                "indexes": [
                    models.Index(fields=["customer", "period"], name="invoice_by_customer"),
                    models.Index(fields=["corrects"], condition=Q(kind="correction"), name="invoice_by_corrected"),
                ],
            },
        ),
        migrations.CreateModel(
            name="InvoiceLine",
            fields=[
                ("pk", composite_key("number", "position")),
                ("number", models.TextField()),
                ("position", models.BigIntegerField()),
                ("tariff", models.TextField()),
                ("valid_from", models.DateTimeField()),
                ("tariff_sha256", models.TextField()),
                ("subject", models.TextField()),
                ("quantity", SumField(decimal_places=12)),
                ("fixed", SumField(decimal_places=12)),
                ("rounding", SumField(decimal_places=12)),
                ("amount", SumField(decimal_places=12)),
                ("old", SumField(decimal_places=12, null=True)),
                ("new", SumField(decimal_places=12, null=True)),
            ],
            options={"db_table": "invoice_line"},
        ),
        migrations.CreateModel(
            name="InvoiceHour",
            fields=[
                ("pk", composite_key("number", "position", "hour")),
                ("number", models.TextField()),
                ("position", models.BigIntegerField()),
                ("hour", models.DateTimeField()),
                ("topic", models.TextField()),
                ("quantity", SumField(decimal_places=12)),
                ("amount", SumField(decimal_places=12)),
                ("revision", models.BigIntegerField()),
                ("old", SumField(decimal_places=12, null=True)),
                ("new", SumField(decimal_places=12, null=True)),
            ],
            options={
                "db_table": "invoice_hour",
                "indexes": [models.Index(fields=["hour"], name="invoice_hour_by_hour")],
            },
        ),
        run_sql("keep_invoices"),
    ]
