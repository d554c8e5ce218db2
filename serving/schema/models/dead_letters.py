"""Messages that were not counted, each with its reason and its place in Kafka."""

from __future__ import annotations

from django.db import models
from django.db.models import Value
from django.db.models.functions import Now


class DeadLetter(models.Model):
    """One rejected message. `raw` holds its first 4 KiB; `raw_size` and `raw_sha256` tell of all of it.

    A replay goes to the same topic and partition: it is looked for from `replay_from` on, was sent under
    `replay_number` (producer, epoch, sequence) and is at `replay_offset` once it is known to be there.
    """

    pk = models.CompositePrimaryKey("topic", "partition", "offset")
    topic = models.TextField()
    partition = models.BigIntegerField()
    offset = models.BigIntegerField()
    reason = models.TextField()
    raw = models.BinaryField()
    field = models.TextField(db_default=Value(""))
    found = models.TextField(db_default=Value(""))
    hint = models.TextField(db_default=Value(""))
    raw_size = models.BigIntegerField(db_default=0)
    raw_sha256 = models.TextField(db_default=Value(""))
    ingest_time = models.DateTimeField(db_default=Now())
    noticed_at = models.DateTimeField(db_default=Now())
    state = models.TextField(db_default=Value("open"))
    state_reason = models.TextField(db_default=Value(""))
    state_by = models.TextField(db_default=Value(""))
    state_at = models.DateTimeField(null=True)
    replay_from = models.BigIntegerField(null=True)
    replay_number = models.JSONField(null=True)
    replay_offset = models.BigIntegerField(null=True)

    class Meta:
        db_table = "dead_letter"
        indexes = [
            models.Index(fields=["topic", "reason", "noticed_at"], name="dead_letter_by_reason"),
            models.Index(fields=["-noticed_at"], name="dead_letter_latest"),
        ]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(state__in=["open", "replaying", "replayed", "discarded"]), name="dead_letter_state"
            )
        ]
