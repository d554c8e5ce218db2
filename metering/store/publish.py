"""Publishing an hour: one transaction that begins with the fence."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal

import pyarrow as pa
from psycopg2 import sql
from psycopg2.extensions import cursor as Cursor
from psycopg2.extras import execute_values

from metering.domain.errors import LambdameterError
from metering.domain.event import Position, Rejected
from metering.domain.rollup import Rollup
from metering.domain.stream import Quota, Stream
from metering.failpoints import reach
from metering.sql import statement
from metering.store.rollups import copy_rows, identifiers
from metering.store.rotation import HOUR, HourBefore
from metering.store.slice_commit import insert_dead_letters


class Overtaken(LambdameterError):
    """Another run published this hour since it was read; nothing of ours was written."""


@dataclass(frozen=True)
class Violation:
    """A user above quota in an hour. `usage` and `quota` in the measure's unit an hour."""

    email: str
    usage: int
    quota: int


@dataclass(frozen=True)
class HourResult:
    """All that is published of an hour. `views` and `hourly`: rollup → its rows, key columns then measures."""

    before: HourBefore
    sealed: int
    events: int
    duplicates: int
    conflicts: Sequence[Rejected]
    contested: Sequence[Position]
    first_arrival: datetime
    views: Mapping[str, pa.Table]
    hourly: Mapping[str, pa.Table]
    quotas: Mapping[str, tuple[str, int]] = field(default_factory=dict)
    unmapped: Sequence[str] = ()
    violations: Sequence[Violation] = ()


@dataclass(frozen=True)
class ProofRow:
    """One comparison of an hour: the fast count, the same files read back, the exact count, what was repeated."""

    type: str
    realtime: Decimal
    archive: Decimal
    batch: Decimal
    duplicates: Decimal
    ok: bool
    why: str = ""


def publish_hour(cursor: Cursor, stream: Stream, result: HourResult) -> None:
    """Replace the hour's batch rows and drop the realtime rows they stand for, within the caller's transaction.

    Raises Overtaken where the hour is no longer as it was read. Publishing the same again leaves the same
    contents, one revision later.
    """
    _fence(cursor, stream.topic, result)
    for rollup in stream.rollups:
        _replace(cursor, stream, rollup, result)
        bounds = _bounds(result)
        cursor.execute(_on_window("batch/delete_realtime", rollup, rollup.realtime, rollup.window_column), bounds)
    reach("batch-mid-publish")
    _settle_conflicts(cursor, result)
    if stream.quota:
        _replace_quotas(cursor, stream.topic, stream.quota, result)


def _fence(cursor: Cursor, topic: str, result: HourResult) -> None:
    before = result.before
    cursor.execute(
        statement("batch/fence_hour" if before.known else "batch/fence_new_hour"),
        {
            "topic": topic, "hour": before.hour, "revision": before.revision, "sealed": result.sealed,
            "final": before.final, "events": result.events, "duplicates": result.duplicates,
            "conflicts": len(result.conflicts), "first_arrival": result.first_arrival,
        },
    )  # fmt: skip
    if cursor.rowcount != 1:
        raise Overtaken(f"hour {before.hour:%Y-%m-%dT%H} was published by another run meanwhile")


def _bounds(result: HourResult) -> dict[str, object]:
    hour = result.before.hour
    return {"start": hour, "end": hour + HOUR, "hour": hour, "sealed": result.sealed}


def _on_window(name: str, rollup: Rollup, table: str, window: str) -> sql.Composed:
    return statement(name, table=sql.Identifier(table), window=sql.Identifier(window), which=_which(rollup))


def _which(rollup: Rollup) -> sql.Composable:
    """`column IN (constants) AND`, so that an index that begins with that column serves."""
    constants: dict[str, list[str]] = {}
    for cut in rollup.cuts:
        for column, text in cut.constants.items():
            constants.setdefault(column, []).append(text)
    clauses = [
        sql.SQL("{} IN ({}) AND ").format(sql.Identifier(column), sql.SQL(", ").join(map(sql.Literal, texts)))
        for column, texts in constants.items()
    ]
    return sql.Composed(clauses)


def _replace(cursor: Cursor, stream: Stream, rollup: Rollup, result: HourResult) -> None:
    bounds = _bounds(result)
    cursor.execute(_on_window("batch/delete_hour", rollup, rollup.batch, rollup.window_column), bounds)
    rows = result.views[rollup.name]
    copy_rows(cursor, rollup.batch, f"incoming_{rollup.batch}", rows)
    _move(cursor, rollup.batch, rows.column_names)
    if rollup.hourly_batch:
        hourly = _by_hour(rollup, result.hourly[rollup.name])
        copy_rows(cursor, rollup.hourly_batch, f"incoming_{rollup.hourly_batch}", hourly)
        if result.before.final:
            _record_corrections(cursor, stream, rollup, result)
        cursor.execute(_on_window("batch/delete_hour", rollup, rollup.hourly_batch, rollup.hour_column), bounds)
        _move(cursor, rollup.hourly_batch, hourly.column_names)


def _by_hour(rollup: Rollup, rows: pa.Table) -> pa.Table:
    """The rows in the columns of the table by hour."""
    return rows.rename_columns([
        rollup.hour_column if column == rollup.window_column else column for column in rows.column_names])


def _move(cursor: Cursor, table: str, columns: Sequence[str]) -> None:
    """Insert what was copied, and empty the temporary table for the next hour of this transaction's session."""
    cursor.execute(statement(
        "batch/insert_incoming", table=sql.Identifier(table), incoming=sql.Identifier(f"incoming_{table}"),
        columns=identifiers(columns)))


def _record_corrections(cursor: Cursor, stream: Stream, rollup: Rollup, result: HourResult) -> None:
    """Keep what changes in an hour that was final: old and new of each measure that adds up, and why."""
    what = {
        "topic": stream.topic, "hour": result.before.hour, "revision": result.before.revision + 1,
        "why": f"events arrived after the hour was final (generation {result.sealed})",
    }  # fmt: skip
    for cut in rollup.cuts:
        for measure in rollup.additive:
            constants = [sql.SQL("{} = {}").format(sql.Identifier(column), sql.Literal(text))
                         for column, text in cut.constants.items()]
            change = statement(
                "batch/record_corrections", table=sql.Identifier(str(rollup.hourly_batch)),
                incoming=sql.Identifier(f"incoming_{rollup.hourly_batch}"),
                key=sql.SQL(" || ' ' || ").join(map(sql.Identifier, cut.takes)),
                of_cut=sql.SQL(" AND ").join(constants or [sql.SQL("TRUE")]),
                value=sql.Identifier(measure.column), window=sql.Identifier(rollup.hour_column))
            cursor.execute(change, what | {"type": rollup.type_of(cut, measure)})


def _settle_conflicts(cursor: Cursor, result: HourResult) -> None:
    """Keep the hour's conflicts. What was one and is now the first of its identity is one no longer."""
    for place in result.contested:
        cursor.execute(
            statement("batch/delete_conflict"),
            {"topic": place.topic, "partition": place.partition, "offset": place.offset})
    insert_dead_letters(cursor, result.conflicts)


def _replace_quotas(cursor: Cursor, topic: str, quota: Quota, result: HourResult) -> None:
    """Replace the quotas the hour was judged by, the users without one, and the violations."""
    hour = result.before.hour
    place = {"topic": topic, "hour": hour}
    cursor.execute(statement("batch/delete_quota_rows"), place)
    cursor.execute(statement("batch/delete_unmapped"), place)
    table = sql.Identifier(quota.table)
    cursor.execute(statement("batch/delete_violations", table=table), place)
    _fill(cursor, statement("batch/insert_quota_rows"),
          [(topic, hour, user, email, limit) for user, (email, limit) in sorted(result.quotas.items())])
    _fill(cursor, statement("batch/insert_unmapped"), [(topic, hour, user) for user in sorted(result.unmapped)])
    _fill(cursor, statement("batch/insert_violations", table=table),
          [(row.email, row.usage, row.quota, hour) for row in sorted(result.violations, key=lambda row: row.email)])


def _fill(cursor: Cursor, insert: sql.Composed, rows: Sequence[tuple[object, ...]]) -> None:
    if rows:
        execute_values(cursor, insert, rows, page_size=1000)


def record_proofs(
    cursor: Cursor, *, run: int, topic: str, hour: datetime, sealed: int, proofs: Sequence[ProofRow]
) -> None:
    """Keep a run's proof of an hour, held or not."""
    _fill(cursor, statement("batch/insert_proofs"), [
        (run, topic, hour, row.type, row.realtime, row.archive, row.batch, row.duplicates, row.ok, sealed, row.why)
        for row in proofs])


def note_failed(cursor: Cursor, topic: str, hour: datetime, why: str) -> None:
    """Name an hour that could not be published; its rows stay as they are."""
    cursor.execute(statement("batch/note_failed"), {"topic": topic, "hour": hour, "why": why})
