"""A file of the archive, as the manifest lists it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class ArchiveFile:
    """A finished file as the manifest lists it. `hour` and `first_ingest` are epoch microseconds, UTC."""

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
