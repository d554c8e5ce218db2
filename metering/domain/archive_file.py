"""A file of the archive, as the manifest lists it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class ArchiveFile:
    """A finished file as the manifest lists it. `hour` and `first_ingest` are epoch microseconds, UTC.

    A compacted file has no partition or offsets of its own; `partition_rows` says what it has of each partition.
    """

    path: str
    topic: str
    hour: int
    rows: int
    kafka_partition: int | None
    first_offset: int | None
    last_offset: int | None
    first_ingest: int
    size: int
    sha256: str
    partition_rows: Mapping[int, int] = field(default_factory=dict)
