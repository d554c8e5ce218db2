"""A file of the archive, as the manifest lists it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

REPAIR = "python -m batch_layer repair"
"""What restores a damaged file, as the log and the site say it."""


@dataclass(frozen=True)
class RowSpan:
    """What a file has of a partition: all accepted rows of its event hour from `first` to `last`, both inclusive."""

    first: int
    last: int
    rows: int


@dataclass(frozen=True)
class ArchiveFile:
    """A finished file as the manifest lists it. `hour` and `first_ingest` are epoch microseconds, UTC.

    A compacted file has no partition or offsets of its own; `spans` says what it has of each partition.
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
    spans: Mapping[int, RowSpan] = field(default_factory=dict)
