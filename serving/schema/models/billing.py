"""Billing: what companies are to pay, by windows of 5 s and by hour, a currency apart.

Not managed: their SQL is in `serving/schema/sql`, made from the declaration and run by the migrations.
"""

from __future__ import annotations

from django.db import models

from serving.schema.fields import SumField


class _Company(models.Model):
    company = models.TextField()
    currency = models.TextField()
    cost = SumField(decimal_places=6)
    events = models.BigIntegerField()

    class Meta:
        abstract = True


class CompanyWindowRealtime(_Company):
    """Realtime: windows that the batch layer has not taken over yet."""

    pk = models.CompositePrimaryKey("generation", "window_start", "company", "currency")
    window_start = models.DateTimeField()
    generation = models.BigIntegerField()

    class Meta:
        managed = False
        db_table = "company_window_realtime"


class CompanyWindowBatch(_Company):
    """Batch: exact costs by window; `window_start` in UTC."""

    pk = models.CompositePrimaryKey("window_start", "company", "currency")
    window_start = models.DateTimeField()

    class Meta:
        managed = False
        db_table = "company_window_batch"


class CompanyHourBatch(_Company):
    """Batch: exact costs by hour, which is what `company_costs` are rated from."""

    pk = models.CompositePrimaryKey("hour", "company", "currency")
    hour = models.DateTimeField()

    class Meta:
        managed = False
        db_table = "company_hour_batch"


class CompanyWindow(_Company):
    """Batch + realtime by window; provisional while the hour is not final or has realtime rows."""

    pk = models.CompositePrimaryKey("window_start", "company", "currency")
    window_start = models.DateTimeField()
    provisional = models.BooleanField()

    class Meta:
        managed = False
        db_table = "company_window"


class CompanyHour(_Company):
    """Batch + realtime by hour."""

    pk = models.CompositePrimaryKey("hour", "company", "currency")
    hour = models.DateTimeField()
    provisional = models.BooleanField()

    class Meta:
        managed = False
        db_table = "company_hour"
