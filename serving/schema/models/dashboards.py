"""Saved dashboards: charts over plays."""

from __future__ import annotations

from django.db import models
from django.db.models.functions import Now


class Dashboard(models.Model):
    """Charts under a name. `definition` is what serving/plays/dashboards.py reads; `owner`: who made it."""

    id = models.BigAutoField(primary_key=True)
    name = models.TextField(unique=True)
    owner = models.TextField(default="", db_default="")
    definition = models.JSONField()
    changed_at = models.DateTimeField(db_default=Now())

    class Meta:
        db_table = "dashboard"
