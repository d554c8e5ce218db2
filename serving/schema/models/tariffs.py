"""Tariffs in versions, and what the batch layer has rated by them."""

from __future__ import annotations

from django.db import models
from django.db.models.functions import Now

from serving.schema.fields import SumField


class TariffVersion(models.Model):
    """A version; `spec` is its canonical mapping, whose SHA-256 is `sha256`. Only `rated_at` may change."""

    pk = models.CompositePrimaryKey("name", "valid_from")
    name = models.TextField()
    valid_from = models.DateTimeField()
    subject = models.TextField()
    spec = models.JSONField()
    sha256 = models.TextField()
    created_at = models.DateTimeField(db_default=Now())
    created_by = models.TextField(db_default=models.Value(""))
    rated_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "tariff"


class RatedHour(models.Model):
    """What an hour adds to the price of its customer's period; `revision`: of the hour it was rated from."""

    pk = models.CompositePrimaryKey("tariff", "valid_from", "customer", "hour")
    tariff = models.TextField()
    valid_from = models.DateTimeField()
    customer = models.TextField()
    hour = models.DateTimeField()
    period = models.DateField()
    subject = models.TextField()
    currency = models.TextField()
    quantity = SumField(decimal_places=12)
    amount = SumField(decimal_places=12)
    revision = models.BigIntegerField()

    class Meta:
        db_table = "rated_hour"
        indexes = [
            models.Index(fields=["customer", "hour"], name="rated_hour_by_customer"),
            models.Index(fields=["tariff", "valid_from", "hour"], name="rated_hour_by_hour"),
        ]


class RatedLine(models.Model):
    """A customer's period by one version: `amount` = `fixed` + its hours + `rounding`."""

    pk = models.CompositePrimaryKey("tariff", "valid_from", "customer", "period")
    tariff = models.TextField()
    valid_from = models.DateTimeField()
    customer = models.TextField()
    period = models.DateField()
    period_end = models.DateField()
    subject = models.TextField()
    currency = models.TextField()
    quantity = SumField(decimal_places=12)
    fixed = SumField(decimal_places=12)
    rounding = SumField(decimal_places=12)
    amount = SumField(decimal_places=12)

    class Meta:
        db_table = "rated_line"
        indexes = [models.Index(fields=["customer", "period"], name="rated_line_by_customer")]


class RatedState(models.Model):
    """The revision of a published hour that was rated last."""

    pk = models.CompositePrimaryKey("topic", "hour")
    topic = models.TextField()
    hour = models.DateTimeField()
    revision = models.BigIntegerField()

    class Meta:
        db_table = "rated_state"
