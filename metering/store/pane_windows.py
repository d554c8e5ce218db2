"""Windows between two steps of the trigger machine: read, advanced, written, with the panes they fired."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

import pyarrow as pa
from psycopg2 import sql
from psycopg2.extensions import cursor as Cursor

from metering.domain.panes import Element, Pane, PaneRules, Window, advance, feed
from metering.store.pane_tables import PaneTables, from_micros, replaced, to_micros
from metering.store.rollups import UTC_MICROS, copy_rows, exact_type, identifiers


@dataclass(frozen=True)
class Moment:
    """When a step is taken: `watermark` as it stands after the step's offsets, None: none yet."""

    now: int
    watermark: int | None
    rules: PaneRules


@dataclass(frozen=True)
class Stepped:
    """A window of one key after a step. `key`: the dimensions, then the window's start."""

    key: tuple[Any, ...]
    window: Window
    panes: tuple[Pane, ...]


def step_windows(cursor: Cursor, tables: PaneTables, moment: Moment, judged_by: int | None, *, fed: bool) -> int:
    """Feed the windows of the temporary table of what was fed (if `fed`), run all due triggers, write; how many panes.

    `judged_by`: the watermark from before the step, by which elements are late or not.
    """
    stepped: dict[tuple[Any, ...], Stepped] = {}
    if fed:
        cursor.execute(tables.statement("touched_windows"))
        stepped |= {one.key: one for one in _fed(tables, cursor.fetchall(), moment, judged_by)}
    watermark = None if moment.watermark is None else from_micros(moment.watermark)
    cursor.execute(tables.statement("due_windows"), {"now": from_micros(moment.now), "watermark": watermark})
    for row in cursor.fetchall():
        key, window = _read(tables, row)
        if key not in stepped:
            stepped[key] = _advanced(key, window, moment)
    _write(cursor, tables, list(stepped.values()), moment)
    return sum(len(one.panes) for one in stepped.values())


def _fed(
    tables: PaneTables, rows: Sequence[tuple[Any, ...]], moment: Moment, judged_by: int | None
) -> Iterator[Stepped]:
    for *known, value, events in rows:
        key, window = _read(tables, known)
        taken, _ = feed(window, [Element(value, int(events))], moment.now, judged_by, moment.rules)
        yield _advanced(key, taken, moment)


def _advanced(key: tuple[Any, ...], window: Window, moment: Moment) -> Stepped:
    panes, after = advance(window, moment.watermark, moment.now, moment.rules)
    return Stepped(key, after, panes)


def _read(tables: PaneTables, row: Sequence[Any]) -> tuple[tuple[Any, ...], Window]:
    place = len(tables.key)
    start: datetime = row[place - 1]
    value, events, total_value, total_events, panes, on_time, due_at = row[place:]
    window = Window(
        end=to_micros(start + tables.width), value=value, events=events, total_value=total_value,
        total_events=total_events, panes=panes, on_time=on_time, due_at=None if due_at is None else to_micros(due_at))
    return tuple(row[:place]), window


def _write(cursor: Cursor, tables: PaneTables, stepped: Sequence[Stepped], moment: Moment) -> None:
    if not stepped:
        return
    panes = _pane_rows(tables, stepped, moment)
    if panes.num_rows:
        table, incoming = tables.name("pane"), f"incoming_{tables.name('pane')}"
        copy_rows(cursor, table, incoming, panes)
        cursor.execute(tables.statement(
            "insert_panes", table=sql.Identifier(table), incoming=sql.Identifier(incoming),
            columns=identifiers(panes.column_names)))
    windows = _window_rows(tables, stepped, moment.rules)
    incoming = f"incoming_{tables.name('pending')}"
    copy_rows(cursor, tables.name("pending"), incoming, windows)
    parts: dict[str, sql.Composable] = {"incoming": sql.Identifier(incoming)}
    columns = windows.column_names
    cursor.execute(tables.statement(
        "keep_windows", table=tables.table("pending"), columns=identifiers(columns),
        replaced=replaced([column for column in columns if column not in tables.key]), **parts))
    if any(one.window.closed for one in stepped):
        cursor.execute(tables.statement("mark_last", table=tables.table("pane"), **parts))
        cursor.execute(tables.statement("drop_windows", table=tables.table("pending"), **parts))


def _key_columns(tables: PaneTables, keys: Sequence[tuple[Any, ...]]) -> dict[str, pa.Array]:
    by_column = list(zip(*keys, strict=True)) or [()] * len(tables.key)
    columns = {
        name: pa.array(texts, pa.string())
        for name, texts in zip(tables.rollup.dimensions, by_column[:-1], strict=True)}
    starts = pa.array(by_column[-1], UTC_MICROS)
    ends = pa.array([start + tables.width for start in by_column[-1]], UTC_MICROS)
    return columns | {"window_start": starts, "window_end": ends}


def _pane_rows(tables: PaneTables, stepped: Sequence[Stepped], moment: Moment) -> pa.Table:
    fired = [(one.key, pane) for one in stepped for pane in one.panes]
    panes = [pane for _, pane in fired]
    return pa.table({
        **_key_columns(tables, [key for key, _ in fired]),
        "pane": pa.array([pane.number for pane in panes], pa.int64()),
        "timing": pa.array([pane.timing.value for pane in panes], pa.string()),
        "is_last": pa.array([pane.is_last for pane in panes], pa.bool_()),
        "value": _values(tables, [pane.value for pane in panes]),
        "events": pa.array([pane.events for pane in panes], pa.int64()),
        "fired_at": pa.array([moment.now] * len(panes), UTC_MICROS),
        "total_value": _values(tables, [pane.total_value for pane in panes]),
        "total_events": pa.array([pane.total_events for pane in panes], pa.int64()),
    })


def _window_rows(tables: PaneTables, stepped: Sequence[Stepped], rules: PaneRules) -> pa.Table:
    """One row a window; one that closed waits for no watermark, which marks it in the temporary table."""
    windows = [one.window for one in stepped]
    waits_for = [None if window.closed else window.due_watermark(rules) for window in windows]
    return pa.table({
        **_key_columns(tables, [one.key for one in stepped]),
        "value": _values(tables, [window.value for window in windows]),
        "events": pa.array([window.events for window in windows], pa.int64()),
        "total_value": _values(tables, [window.total_value for window in windows]),
        "total_events": pa.array([window.total_events for window in windows], pa.int64()),
        "panes": pa.array([window.panes for window in windows], pa.int64()),
        "on_time": pa.array([window.on_time for window in windows], pa.bool_()),
        "due_at": pa.array([window.due_at for window in windows], UTC_MICROS),
        "due_watermark": pa.array(waits_for, UTC_MICROS),
    })


def _values(tables: PaneTables, values: Sequence[Decimal]) -> pa.Array:
    return pa.array(values, exact_type(tables.measure))
