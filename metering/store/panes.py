"""Panes in the slice's transaction: repeats dropped, windows fed, the watermark moved, triggers run; and the tick."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pyarrow as pa
from psycopg2 import sql
from psycopg2.extensions import connection as Connection
from psycopg2.extensions import cursor as Cursor

from metering.domain.panes import PaneRules
from metering.domain.stream import Stream
from metering.domain.watermark import PartitionReach, moved, watermark
from metering.sql import statement
from metering.store.connection import only_row
from metering.store.pane_tables import EPOCH, PaneTables, from_micros, tables_of, to_micros
from metering.store.pane_windows import Moment, step_windows
from metering.store.rollups import copy_rows

_Clock = tuple[datetime | None, datetime]
"""The watermark, None: none yet; and the moment up to which windows are closed for good, whatever the settings."""


def take_panes(
    cursor: Cursor, stream: Stream, elements: pa.Table | None, generation: int, rules: PaneRules, now: datetime
) -> int:
    """The step of a slice, within its transaction and after its offsets were moved; returns how many panes fired.

    `elements`: a row an archived event of the slice; None where there is none. An identity that is counted already adds
    nothing, so a repeat changes nothing; the same slice again is kept away by its offsets. What came after its window
    was closed is kept as too late.
    """
    tables = tables_of(stream)
    if tables is None:
        return 0
    begin = {"topic": stream.topic, "now": now}
    cursor.execute(tables.statement("begin_clock"), begin)
    cursor.execute(tables.statement("hold_clock"), begin)
    clock = _clock(only_row(cursor), rules)
    if elements is not None:
        _take_in(cursor, tables, elements, clock, generation, now)
    return _turn(cursor, tables, clock, rules, now, fed=elements is not None)


def run_triggers(connection: Connection, stream: Stream, rules: PaneRules, now: datetime) -> int:
    """The tick's share: move the watermark, run the due triggers, in a transaction of its own.

    While a slice is at it nothing is done: it runs them itself. A repeat fires nothing.
    """
    tables = tables_of(stream)
    if tables is None:
        return 0
    begin = {"topic": stream.topic, "now": now}
    with connection, connection.cursor() as cursor:
        cursor.execute(tables.statement("begin_clock"), begin)
        cursor.execute(tables.statement("try_clock"), begin)
        row = cursor.fetchone()
        return 0 if row is None else _turn(cursor, tables, _clock(row, rules), rules, now, fed=False)


def _clock(row: tuple[Any, ...], rules: PaneRules) -> _Clock:
    """The topic's row; a lateness that was made shorter since closes windows at once."""
    before, closed_to = row
    return before, closed_to if before is None else max(closed_to, before - timedelta(seconds=rules.lateness_s))


def _take_in(
    cursor: Cursor, tables: PaneTables, elements: pa.Table, clock: _Clock, generation: int, now: datetime
) -> None:
    """Judge each element by its identity and the watermark; leave what counts, by window, in the temporary `fed`."""
    before, closed_to = clock
    asked = {
        "width": tables.width, "closed_to": closed_to, "watermark": before or EPOCH, "now": now,
        "generation": generation,
    }  # fmt: skip
    incoming = f"incoming_{tables.name('too_late')}"
    copy_rows(cursor, tables.name("too_late"), incoming, elements)
    cursor.execute(tables.statement("analyze_arrived", incoming=sql.Identifier(incoming)))
    cursor.execute(tables.statement("judge", incoming=sql.Identifier(incoming)), asked)
    cursor.execute(tables.statement("analyze_judged"))
    cursor.execute(tables.statement("sum_fed"), asked)
    for name, table in (
        ("keep_taken_back", "too_late"), ("keep_too_late", "too_late"), ("keep_identities", "identity"),
        ("add_input", "pane_input"),
    ):  # fmt: skip
        cursor.execute(tables.statement(name, table=tables.table(table)), asked)


def _turn(
    cursor: Cursor, tables: PaneTables, clock: _Clock, rules: PaneRules, now: datetime, *, fed: bool
) -> int:
    """Move the watermark as far as the committed offsets vouch, never back; then feed, fire, forget."""
    before, closed_to = clock
    judged_by = None if before is None else to_micros(before)
    reached = moved(judged_by, _reached(cursor, tables.stream.topic, rules))
    fired = step_windows(cursor, tables, Moment(to_micros(now), reached, rules), judged_by, fed=fed)
    if reached is not None and reached != judged_by:
        at = from_micros(reached)
        closed = max(closed_to, at - timedelta(seconds=rules.lateness_s))
        cursor.execute(
            tables.statement("move_clock"),
            {"topic": tables.stream.topic, "watermark": at, "closed_to": closed, "now": now})
        cursor.execute(tables.statement("forget_identities", table=tables.table("identity")), {"closed_to": closed})
    return fired


def _reached(cursor: Cursor, topic: str, rules: PaneRules) -> int | None:
    """How far the partitions vouch, by the offsets as they stand in this transaction."""
    cursor.execute(statement("panes/read_reach"), {"topic": topic})
    reaches = [
        PartitionReach(next_offset, end_offset, *(None if at is None else to_micros(at) for at in moments))
        for next_offset, end_offset, *moments in cursor.fetchall()]
    return watermark(reaches, rules.bound_us)
