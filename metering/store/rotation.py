"""Rotation: seal a generation, find what it touched, read what is needed to judge it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import pyarrow as pa
from psycopg2 import sql
from psycopg2.extensions import cursor as Cursor

from metering.domain.rollup import MeasureKind, Rollup
from metering.sql import statement
from metering.store.connection import only_row
from metering.store.rollups import UTC_MICROS, exact_type, identifiers

HOUR = timedelta(hours=1)


@dataclass(frozen=True)
class Sealed:
    """A sealed generation and, per partition, the next offset as read in the seal's own transaction."""

    generation: int
    offsets: dict[int, int]


@dataclass(frozen=True)
class ListedFile:
    """A file that counts, as the manifest has it."""

    hour: datetime
    path: str
    rows: int
    generation: int
    size: int
    first_ingest: datetime
    sha256: str = ""


@dataclass(frozen=True)
class HourBefore:
    """An hour as it stood when the run began to look at it. Revision 0 and generation 0: never published."""

    hour: datetime
    published_generation: int = 0
    revision: int = 0
    final: bool = False
    known: bool = False


def seal(cursor: Cursor, topic: str) -> Sealed | None:
    """Close the current generation; waits for speed transactions in flight. None where the topic is unknown.

    Must be a transaction of its own: what follows has to be read by statements begun after its commit.
    """
    cursor.execute(statement("batch/seal"), {"topic": topic})
    row = cursor.fetchone()
    if row is None:
        return None
    cursor.execute(statement("speed/read_offsets"), {"topic": topic})
    return Sealed(int(row[0]), dict(cursor.fetchall()))


def touched_hours(cursor: Cursor, topic: str, sealed: int, *, by_metadata: bool) -> list[datetime]:
    """Hours with newly sealed files or a failed try, and those with users whose metadata came or (until final) changed.
    """
    cursor.execute(statement("batch/touched_by_files"), {"topic": topic, "sealed": sealed})
    hours = {hour for (hour,) in cursor.fetchall()}
    if by_metadata:
        cursor.execute(statement("batch/touched_by_metadata"), {"topic": topic})
        hours |= {hour for (hour,) in cursor.fetchall()}
    return sorted(hours)


def hours_before(cursor: Cursor, topic: str, hours: Sequence[datetime]) -> dict[datetime, HourBefore]:
    """The state of each of the hours, those without a row included."""
    cursor.execute(statement("batch/hour_states"), {"topic": topic, "hours": list(hours)})
    found = {
        hour: HourBefore(hour, generation, revision, final, known=True)
        for hour, generation, revision, final in cursor.fetchall()}
    return {hour: found.get(hour, HourBefore(hour)) for hour in hours}


def listed_files(cursor: Cursor, topic: str, hours: Sequence[datetime], sealed: int) -> list[ListedFile]:
    """The files that count for the hours, up to the sealed generation."""
    cursor.execute(statement("batch/listed_files"), {"topic": topic, "hours": list(hours), "sealed": sealed})
    return [ListedFile(*row) for row in cursor.fetchall()]


def is_known(cursor: Cursor, topic: str, hour: datetime, sealed: int) -> bool:
    """Whether an hour has files or was published before."""
    return bool(listed_files(cursor, topic, [hour], sealed)) or hours_before(cursor, topic, [hour])[hour].known


def realtime_sums(cursor: Cursor, rollup: Rollup, before: HourBefore, sealed: int) -> pa.Table:
    """The realtime rows of an hour's unpublished generations up to `sealed`, not merged."""
    columns = rollup.columns
    query = statement(
        "batch/realtime_sums", columns=identifiers(columns), table=sql.Identifier(rollup.realtime),
        window=sql.Identifier(rollup.window_column))
    bounds = {"published": before.published_generation, "sealed": sealed,
              "start": before.hour, "end": before.hour + HOUR}
    cursor.execute(query, bounds)
    return _table(rollup, columns, cursor.fetchall())


def _table(rollup: Rollup, columns: Sequence[str], rows: Iterable[tuple[object, ...]]) -> pa.Table:
    types = {column: pa.string() for column in rollup.key}
    types[rollup.window_column] = UTC_MICROS
    for measure in rollup.measures:
        types[measure.column] = UTC_MICROS if measure.kind is MeasureKind.MAX_TIME else exact_type(measure)
    by_column = list(zip(*rows, strict=True)) or [()] * len(columns)
    return pa.table({
        column: pa.array(values, types[column]) for column, values in zip(columns, by_column, strict=True)})


def user_quotas(cursor: Cursor) -> dict[str, tuple[str, int]]:
    """User id → (email, quota in bytes an hour)."""
    cursor.execute(statement("batch/user_quotas"))
    return {user: (email, quota) for user, email, quota in cursor.fetchall()}


def frozen_quotas(
    cursor: Cursor, topic: str, hours: Sequence[datetime]
) -> dict[datetime, dict[str, tuple[str, int]]]:
    """The quotas that final hours keep, by hour."""
    cursor.execute(statement("batch/frozen_quotas"), {"topic": topic, "hours": list(hours)})
    frozen: dict[datetime, dict[str, tuple[str, int]]] = {}
    for hour, user, email, quota in cursor.fetchall():
        frozen.setdefault(hour, {})[user] = (email, quota)
    return frozen


@dataclass(frozen=True)
class OpenHour:
    """A published hour that is not final yet. `first_arrival`: Kafka's append time of its first event."""

    hour: datetime
    revision: int
    published_generation: int
    first_arrival: datetime


def open_hours(cursor: Cursor, topic: str) -> list[OpenHour]:
    """All published hours that are not final."""
    cursor.execute(statement("batch/open_hours"), {"topic": topic})
    return [OpenHour(*row) for row in cursor.fetchall()]


def make_final(cursor: Cursor, topic: str, hour: OpenHour, sealed: int) -> bool:
    """Mark an hour final unless it was published again meanwhile or has files it has not published."""
    cursor.execute(
        statement("batch/make_final"),
        {"topic": topic, "hour": hour.hour, "revision": hour.revision, "sealed": sealed})
    return bool(cursor.rowcount)


def begin_run(cursor: Cursor, topic: str, sealed: int) -> int:
    """Open a run in the book of runs; returns its number."""
    cursor.execute(statement("batch/begin_run"), {"topic": topic, "sealed": sealed})
    return int(only_row(cursor)[0])


def finish_run(cursor: Cursor, run: int, *, published: int, failed: int, status: str, note: str = "") -> None:
    """Close a run with its outcome."""
    cursor.execute(
        statement("batch/finish_run"),
        {"run": run, "published": published, "failed": failed, "status": status, "note": note})


def count_waiting(cursor: Cursor) -> int:
    """Hours that have events and were never published, over all topics."""
    cursor.execute(statement("batch/count_waiting"))
    return int(only_row(cursor)[0])
