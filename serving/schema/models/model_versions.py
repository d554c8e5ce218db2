"""Versions of the model that decides who is sent the offer."""

from __future__ import annotations

from django.db import models
from django.db.models import Q, Value
from django.db.models.functions import Now


class ModelVersion(models.Model):
    """A trained model: its coefficients with their digest, what it was trained on and how, how good it is.

    `coefficients`: the whole content of the model, `sha256` the digest of its canonical JSON. At most one is current.
    """

    version = models.BigAutoField(primary_key=True)
    created_at = models.DateTimeField(db_default=Now())
    kind = models.TextField(db_default=Value("logistic_regression"))
    coefficients = models.JSONField()
    sha256 = models.TextField()
    fingerprint = models.TextField()
    parameters = models.JSONField()
    metrics = models.JSONField()
    is_current = models.BooleanField(db_default=Value(False))

    class Meta:
        db_table = "model_version"
        constraints = [
            models.UniqueConstraint(fields=["is_current"], condition=Q(is_current=True), name="one_current_model")]
