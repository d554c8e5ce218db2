"""The proof of an hour's panes: they hold what they were fed, and that with what came too late is the exact view."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from decimal import Decimal
from itertools import groupby
from operator import itemgetter
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
from psycopg2.extensions import cursor as Cursor

from batch_layer.parts import Part
from batch_layer.prove import differences
from batch_layer.recount import HourCount
from metering.arrow.archive import Archive
from metering.arrow.listed import DamagedFile, FileToRead, read_file
from metering.arrow.partial import merge_partials, partial_schema
from metering.arrow.schemas import archive_schema
from metering.domain.rollup import MICROSECONDS, Rollup
from metering.domain.stream import EVENT_ID, Stream
from metering.store.locked_session import LockedSession
from metering.store.pane_proof import (
    TakenBack,
    Unjudged,
    WindowSum,
    counted_windows,
    settle_too_late,
    unequal_panes,
    unjudged,
)
from metering.store.pane_tables import PaneTables, from_micros, tables_of, to_micros
from metering.store.publish import ProofRow
from metering.store.rotation import HourBefore, ListedFile

_SHOWN = 3

Row = dict[str, Any]
"""An archived event."""


def prove_panes(cursor: Cursor, stream: Stream, before: HourBefore, count: HourCount, sealed: int) -> list[ProofRow]:
    """A row for the value and one for the events; none where the stream fires no panes.

    Holds when, for every window of a key, panes + pending = what they were fed, whenever that was; and what they were
    fed up to `sealed` + what came too late by then and is no repeat = the exact view. `realtime` is what was added
    since the hour was published before, `archive` what the exact view adds to what was counted then.
    """
    tables = tables_of(stream)
    if tables is None:
        return []
    windows = counted_windows(cursor, tables, before.hour, before.published_generation, sealed)
    rollup = replace(tables.rollup, measures=tuple(stream.pane_types.values()))
    exact = _columns_of(rollup, count.rows.get((Part.EXACT.value, tables.rollup.name)))
    unequal = differences(rollup, merge_partials(rollup, [_as_rows(tables, rollup, windows)]), exact)
    faults = [
        *_told("panes and what is pending are not what they were fed", unequal_panes(cursor, tables, before.hour)),
        *_told("what panes were fed with what came too late is not the exact view", unequal)]
    sums = (("value", "value_before"), ("events", "events_before"))
    return [
        _proof(of_type, windows, exact[measure.column], names, faults)
        for (of_type, measure), names in zip(stream.pane_types.items(), sums, strict=True)]


def _proof(
    of_type: str, windows: Sequence[WindowSum], exact: pa.ChunkedArray, names: tuple[str, str], faults: list[str]
) -> ProofRow:
    counted, earlier = (sum((Decimal(getattr(one, name)) for one in windows), Decimal(0)) for name in names)
    total = pc.sum(exact).as_py() or Decimal(0)
    return ProofRow(
        type=of_type, realtime=counted - earlier, archive=total - earlier, batch=total, duplicates=Decimal(0),
        ok=not faults, why="; ".join(faults))


def _told(what: str, windows: Sequence[str]) -> Iterator[str]:
    if windows:
        yield f"{what} in {len(windows)} windows: {'; '.join(windows[:_SHOWN])}"


def _columns_of(rollup: Rollup, rows: pa.Table | None) -> pa.Table:
    return merge_partials(rollup, [] if rows is None else [rows.select(list(rollup.columns))])


def _as_rows(tables: PaneTables, rollup: Rollup, windows: Sequence[WindowSum]) -> pa.Table:
    """What was counted, in the columns of the rollup; without windows of which everything was taken back."""
    windows = [one for one in windows if one.events or one.value]
    columns: dict[str, list[Any]] = {
        (rollup.window_column if name == "window_start" else name): [one.key[place] for one in windows]
        for place, name in enumerate(tables.key)}
    value, events = rollup.measures
    columns |= {value.column: [one.value for one in windows], events.column: [Decimal(one.events) for one in windows]}
    schema = partial_schema(rollup)
    return pa.table([pa.array(columns[field.name], field.type) for field in schema], schema=schema)


def judge_too_late(
    session: LockedSession, stream: Stream, archive: Archive, files: Sequence[ListedFile], sealed: int,
    counts: Mapping[datetime, HourCount],
) -> None:
    """Judge what came too late up to `sealed` and nobody has judged, by the files of its hour.

    A listed file that cannot be read is damage of its hour. A repeat changes nothing.
    """
    tables = tables_of(stream)
    if tables is None:
        return
    for hour, count in counts.items():
        with session.transaction() as cursor:
            late = unjudged(cursor, tables, hour, sealed)
        if late and not count.damage:
            try:
                rows = _rows_of(archive, stream, [file for file in files if file.hour == hour], late)
            except DamagedFile as damage:
                count.damage.append(str(damage))
                continue
            with session.transaction() as cursor:
                settle_too_late(cursor, tables, *judged_by_arrival(tables, rows, late))


def _rows_of(
    archive: Archive, stream: Stream, files: Iterable[ListedFile], late: Sequence[Unjudged]
) -> list[Row]:
    """The archived events of the identities."""
    ids = pa.array(sorted({one.event_id for one in late}), pa.string())
    found: list[Row] = []
    for file in files:
        listed = FileToRead(file.path, file.rows, file.size, sha256=file.sha256)
        events = read_file(archive, archive_schema(stream), listed)
        found += events.filter(pc.is_in(events[EVENT_ID], value_set=ids)).to_pylist()
    return found


def judged_by_arrival(
    tables: PaneTables, rows: Iterable[Row], late: Sequence[Unjudged]
) -> tuple[list[tuple[int, int, bool]], list[TakenBack]]:
    """Which of `late` are repeats, and what is taken back. `rows`: all archived events of their identities.

    An identity's first arrival counts. What was counted of it so far adds what the first of the others adds: the same,
    and the late-comer is a repeat; something else, and that is taken back.
    """
    by_place = {one.place: one for one in late}
    judged: list[tuple[int, int, bool]] = []
    taken_back: list[TakenBack] = []
    ordered = sorted(rows, key=lambda row: (row[EVENT_ID], *_arrival(row)))
    for _, group in groupby(ordered, key=itemgetter(EVENT_ID)):
        events = list(group)
        counted = next((row for row in events if _place(row) not in by_place), None)
        first = by_place.get(_place(events[0]))
        joins = first is not None and (counted is None or _effect(tables, counted) != _effect(tables, events[0]))
        judged += [(*_place(row), not (joins and row is events[0])) for row in events if _place(row) in by_place]
        if first is not None and joins and counted is not None:
            taken_back.append(TakenBack(counted, _window(tables, counted), first))
    return judged, taken_back


def _arrival(row: Row) -> tuple[Any, ...]:
    return row["ingest_time"], row["partition"], row["offset"]


def _place(row: Row) -> tuple[int, int]:
    return row["partition"], row["offset"]


def _window(tables: PaneTables, row: Row) -> datetime:
    micros, width = to_micros(row[tables.stream.time_field.name]), tables.rollup.window_s * MICROSECONDS
    return from_micros(micros - micros % width)


def _effect(tables: PaneTables, row: Row) -> tuple[Any, ...]:
    """What an event adds to which window."""
    return (*(row[name] for name in tables.cut.takes.values()), _window(tables, row), row[str(tables.measure.of)])
