"""The archive's list of files: a file counts only if it is here and not superseded."""

from __future__ import annotations

from django.db import models
from django.db.models.functions import Now


class ArchiveFile(models.Model):
    """One Parquet file. `path` is relative to the archive; a compacted file has no partition or offsets,
    and says in `partition_rows` how many rows it has of each partition, in `spans` from which to which offset too
    (partition → [first, last, rows])."""

    path = models.TextField(primary_key=True)
    topic = models.TextField()
    hour = models.DateTimeField()
    rows = models.BigIntegerField()
    kafka_partition = models.BigIntegerField(null=True)
    first_offset = models.BigIntegerField(null=True)
    last_offset = models.BigIntegerField(null=True)
    generation = models.BigIntegerField()
    superseded = models.DateTimeField(null=True)
    size = models.BigIntegerField()
    sha256 = models.TextField()
    first_ingest = models.DateTimeField(db_default=Now())
    partition_rows = models.JSONField(db_default=models.Value({}, models.JSONField()))
    spans = models.JSONField(db_default=models.Value({}, models.JSONField()))
    listed_at = models.DateTimeField(db_default=Now())

    class Meta:
        db_table = "archive_file"
        indexes = [
            models.Index(
                fields=["topic", "hour"],
                condition=models.Q(superseded__isnull=True),
                name="archive_file_listed",
            ),
            models.Index(fields=["topic", "generation"], name="archive_file_by_generation"),
        ]
