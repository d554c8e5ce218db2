"""Where the numbers of a stream's hour come from: runs, proofs, archive files with their Kafka offsets, corrections."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from serving.queries.snapshot import ask, statement
from serving.queries.streams import ProvenType, types_of

MOST_LINES = 200


@dataclass(frozen=True)
class HourFile:
    """An archive file of the hour. Compacted ones hold all partitions: no partition and no offsets."""

    path: str
    rows: int
    kafka_partition: int | None
    first_offset: int | None
    last_offset: int | None
    generation: int
    superseded: datetime | None
    size: int
    sha256: str
    listed_at: datetime


@dataclass(frozen=True)
class HourRun:
    """What one batch run proved of the hour, by one type; `started_at` None when the run is not kept.

    `of`: what the type is, None for one that is not declared any more.
    """

    of: ProvenType | None
    run: int
    type: str
    generation: int
    realtime: Decimal
    archive: Decimal
    batch: Decimal
    duplicates: Decimal
    ok: bool
    why: str
    proved_at: datetime
    started_at: datetime | None
    finished_at: datetime | None
    status: str


@dataclass(frozen=True)
class Correction:
    """A number that changed after it was final. `of` as in a run."""

    of: ProvenType | None
    revision: int
    type: str
    key_id: str
    old: Decimal
    new: Decimal
    corrected_at: datetime
    why: str


def hour_files(topic: str, hour: datetime) -> list[HourFile]:
    """The hour's files, those in use first; at most 200."""
    return ask(statement("hour_files"), _of(topic, hour), HourFile)


def hour_runs(topic: str, hour: datetime) -> list[HourRun]:
    """The hour's proofs, the newest first; at most 200."""
    types = types_of([topic])
    return ask(
        statement("hour_runs"), _of(topic, hour),
        lambda type, **columns: HourRun(types.get((topic, type)), type=type, **columns))


def hour_corrections(topic: str, hour: datetime) -> list[Correction]:
    """What changed after the hour was final, the newest first; at most 200."""
    types = types_of([topic])
    return ask(
        statement("hour_corrections"), _of(topic, hour),
        lambda type, **columns: Correction(types.get((topic, type)), type=type, **columns))


def _of(topic: str, hour: datetime) -> dict[str, object]:
    return {"topic": topic, "hour": hour, "limit": MOST_LINES}
