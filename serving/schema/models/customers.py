"""Customers of the music service."""

from __future__ import annotations

from django.db import models


class Customer(models.Model):
    """A customer, as `serving customers` loaded it; Redis holds the same for the stream."""

    id = models.TextField(primary_key=True)
    name = models.TextField()
    age = models.TextField()
    gender = models.TextField()
    zip = models.TextField()
    address = models.TextField()
    sign_date = models.TextField()
    status = models.TextField()
    level = models.TextField()
    campaign = models.TextField()
    linked_with_apps = models.TextField()

    class Meta:
        db_table = "customer"
