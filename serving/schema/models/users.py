"""Users, their quotas, and who passed them."""

from __future__ import annotations

from django.db import models

from serving.schema.fields import SumField


class UserMetadata(models.Model):
    """A user (a device of one user) and the bytes an hour it may move."""

    id = models.TextField(primary_key=True)
    name = models.TextField()
    email = models.TextField()
    quota = models.BigIntegerField()

    class Meta:
        db_table = "user_metadata"
        constraints = [
            models.UniqueConstraint(fields=["email"], name="user_metadata_email"),
            models.CheckConstraint(condition=models.Q(quota__gte=0), name="user_metadata_quota"),
        ]


class UserQuotaLimit(models.Model):
    """Batch: a user whose bytes in the hour that begins at `timestamp` exceeded the quota."""

    pk = models.CompositePrimaryKey("timestamp", "email")
    email = models.TextField()
    usage = SumField()
    quota = models.BigIntegerField()
    timestamp = models.DateTimeField()

    class Meta:
        db_table = "user_quota_limit"
        indexes = [models.Index(fields=["email", "timestamp"], name="user_quota_limit_by_email")]


class HourQuota(models.Model):
    """The quota by which a published hour was judged; frozen once the hour is final."""

    pk = models.CompositePrimaryKey("topic", "hour", "id")
    topic = models.TextField()
    hour = models.DateTimeField()
    id = models.TextField()
    email = models.TextField()
    quota = models.BigIntegerField()

    class Meta:
        db_table = "hour_quota"


class UnmappedUser(models.Model):
    """A user counted in a published hour who had no metadata then; the hour is judged again when it comes."""

    pk = models.CompositePrimaryKey("topic", "hour", "id")
    topic = models.TextField()
    hour = models.DateTimeField()
    id = models.TextField()

    class Meta:
        db_table = "unmapped_user"
        indexes = [models.Index(fields=["id"], name="unmapped_user_by_id")]
