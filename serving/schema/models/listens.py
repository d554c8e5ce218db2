"""Plays and clicks: their rollups, and the plays of the last days as they were decided.

Not managed: their SQL is in `serving/schema/sql`, run by the migrations.
"""

from __future__ import annotations

from django.db import models

from serving.schema.fields import SumField


class _Level(models.Model):
    timestamp = models.DateTimeField()
    level = models.TextField()
    listens = models.BigIntegerField()
    offers = SumField()

    class Meta:
        abstract = True


class LevelListens(_Level):
    """Batch + realtime: plays and offers by customer level and 5 minutes."""

    pk = models.CompositePrimaryKey("timestamp", "level")
    provisional = models.BooleanField()

    class Meta:
        managed = False
        db_table = "level_listens"


class LevelListensHourly(_Level):
    """The same by hour."""

    pk = models.CompositePrimaryKey("timestamp", "level")
    provisional = models.BooleanField()

    class Meta:
        managed = False
        db_table = "level_listens_hourly"


class _Ad(models.Model):
    timestamp = models.DateTimeField()
    ad = models.TextField()
    clicks = models.BigIntegerField()

    class Meta:
        abstract = True


class AdClicks(_Ad):
    """Batch + realtime: clicks by ad and 5 minutes."""

    pk = models.CompositePrimaryKey("timestamp", "ad")
    provisional = models.BooleanField()

    class Meta:
        managed = False
        db_table = "ad_clicks"


class AdClicksHourly(_Ad):
    """The same by hour."""

    pk = models.CompositePrimaryKey("timestamp", "ad")
    provisional = models.BooleanField()

    class Meta:
        managed = False
        db_table = "ad_clicks_hourly"


class Play(models.Model):
    """A play of the last days: what was heard, the customer's record at that moment, and the decision."""

    pk = models.CompositePrimaryKey("timestamp", "partition", "offset")
    timestamp = models.DateTimeField()
    customer_id = models.TextField()
    track_id = models.TextField()
    is_mobile = models.SmallIntegerField()
    listening_zip = models.TextField()
    event_id = models.TextField(null=True)
    partition = models.IntegerField()
    offset = models.BigIntegerField()
    ingest_time = models.DateTimeField()
    name = models.TextField(null=True)
    age = models.TextField(null=True)
    gender = models.TextField(null=True)
    zip = models.TextField(null=True)
    address = models.TextField(null=True)
    sign_date = models.TextField(null=True)
    status = models.TextField(null=True)
    level = models.TextField()
    campaign = models.TextField(null=True)
    linked_with_apps = models.TextField(null=True)
    send_event = models.SmallIntegerField(null=True)
    reason = models.TextField()
    probability = models.FloatField(null=True)
    model_version = models.BigIntegerField(null=True)
    score_age_s = models.FloatField(null=True)
    features = models.TextField(null=True)

    class Meta:
        managed = False
        db_table = "play"
