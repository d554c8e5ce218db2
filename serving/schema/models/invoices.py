"""Invoices and correction notes: written once, never changed; triggers of `keep_invoices.sql` see to it."""

from __future__ import annotations

from django.contrib.postgres.functions import TransactionNow
from django.db import models
from django.db.models import Q, Value

from serving.schema.fields import SumField


class InvoiceCounter(models.Model):
    """How many documents of a kind were issued; locked by whoever issues the next one."""

    kind = models.TextField(primary_key=True)
    last = models.BigIntegerField()

    class Meta:
        db_table = "invoice_counter"


class Invoice(models.Model):
    """An issued document of a customer's period [period, period_end), UTC days. `corrects`: a note's invoice."""

    number = models.TextField(primary_key=True)
    kind = models.TextField()
    corrects = models.TextField(null=True)
    customer = models.TextField()
    period = models.DateField()
    period_end = models.DateField()
    currency = models.TextField()
    total = SumField(decimal_places=12)
    issued_at = models.DateTimeField(db_default=TransactionNow())
    batch_run = models.BigIntegerField(db_default=0)
    why = models.TextField(db_default=Value(""))

    class Meta:
        db_table = "invoice"
        constraints = [
            models.UniqueConstraint(
                fields=["customer", "period", "period_end", "currency"], condition=Q(kind="invoice"),
                name="one_invoice_an_account"),
            models.CheckConstraint(
                condition=Q(kind="invoice", corrects=None) | Q(kind="correction", corrects__isnull=False),
                name="only_a_correction_corrects"),
            models.CheckConstraint(condition=Q(period__lt=models.F("period_end")), name="invoice_period_has_days"),
        ]
        indexes = [
            models.Index(fields=["customer", "period"], name="invoice_by_customer"),
            models.Index(fields=["corrects"], condition=Q(kind="correction"), name="invoice_by_corrected"),
        ]


class InvoiceLine(models.Model):
    """A line: fixed + hours + rounding. `old` and `new` in corrections only, whose amount is their difference."""

    pk = models.CompositePrimaryKey("number", "position")
    number = models.TextField()
    position = models.BigIntegerField()
    tariff = models.TextField()
    valid_from = models.DateTimeField()
    tariff_sha256 = models.TextField()
    subject = models.TextField()
    quantity = SumField(decimal_places=12)
    fixed = SumField(decimal_places=12)
    rounding = SumField(decimal_places=12)
    amount = SumField(decimal_places=12)
    old = SumField(decimal_places=12, null=True)
    new = SumField(decimal_places=12, null=True)

    class Meta:
        db_table = "invoice_line"


class InvoiceHour(models.Model):
    """An hour of a line. `old` and `new`: in corrections, the amounts that its own is the difference of."""

    pk = models.CompositePrimaryKey("number", "position", "hour")
    number = models.TextField()
    position = models.BigIntegerField()
    hour = models.DateTimeField()
    topic = models.TextField()
    quantity = SumField(decimal_places=12)
    amount = SumField(decimal_places=12)
    revision = models.BigIntegerField()
    old = SumField(decimal_places=12, null=True)
    new = SumField(decimal_places=12, null=True)

    class Meta:
        db_table = "invoice_hour"
        indexes = [models.Index(fields=["hour"], name="invoice_hour_by_hour")]
