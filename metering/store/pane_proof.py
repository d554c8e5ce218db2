"""What the proof of panes reads and settles: sums by window, and which late-comers were repeats."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from psycopg2.extensions import cursor as Cursor
from psycopg2.extras import execute_values

from metering.store.pane_tables import PaneTables
from metering.store.rollups import identifiers
from metering.store.rotation import HOUR


@dataclass(frozen=True)
class WindowSum:
    """A window of one key: what was counted of it up to the sealed generation, and up to the published one before."""

    key: tuple[Any, ...]
    value: Decimal
    events: int
    value_before: Decimal
    events_before: int


@dataclass(frozen=True)
class Unjudged:
    """An event that came too late when its hour's identities were forgotten."""

    partition: int
    offset: int
    event_id: str
    generation: int
    watermark: datetime
    noticed_at: datetime

    @property
    def place(self) -> tuple[int, int]:
        return self.partition, self.offset


@dataclass(frozen=True)
class TakenBack:
    """What was counted of an identity whose first arrival, with other content, came too late. `row`: as archived."""

    row: dict[str, Any]
    window_start: datetime
    by: Unjudged


def counted_windows(
    cursor: Cursor, tables: PaneTables, hour: datetime, published: int, sealed: int
) -> list[WindowSum]:
    """What panes were fed, and what came too late and is no repeat, by window of the hour, up to `sealed`."""
    cursor.execute(
        tables.statement("counted", pane_input=tables.table("pane_input"), too_late=tables.table("too_late")),
        _bounds(hour) | {"published": published, "sealed": sealed})
    return [
        WindowSum(tuple(row[:-4]), row[-4], int(row[-3]), row[-2], int(row[-1])) for row in cursor.fetchall()]


def unequal_panes(cursor: Cursor, tables: PaneTables, hour: datetime) -> list[str]:
    """The windows of the hour whose panes and what is pending are not what they were fed, as text for a person."""
    cursor.execute(
        tables.statement("unequal_panes", pane=tables.table("pane"), pane_input=tables.table("pane_input")),
        _bounds(hour))
    return [
        f"{' '.join(map(str, key))}: value {fired} and {fed}, events {fired_events} and {fed_events}"
        for *key, fired, fed, fired_events, fed_events in cursor.fetchall()]


def unjudged(cursor: Cursor, tables: PaneTables, hour: datetime, sealed: int) -> list[Unjudged]:
    """What came too late up to `sealed` and nobody has judged."""
    cursor.execute(
        tables.statement("unjudged", table=tables.table("too_late")), _bounds(hour) | {"sealed": sealed})
    return [Unjudged(*row) for row in cursor.fetchall()]


def settle_too_late(
    cursor: Cursor, tables: PaneTables, judged: Sequence[tuple[int, int, bool]], taken_back: Sequence[TakenBack]
) -> None:
    """Keep the judgements (partition, offset, whether a repeat) and what they take back. A repeat changes nothing."""
    table = tables.table("too_late")
    if judged:
        execute_values(cursor, tables.statement("settle_too_late", table=table), judged, page_size=1000)
    if taken_back:
        rows = [_row(tables, one) for one in taken_back]
        insert = tables.statement("insert_taken_back", table=table, columns=identifiers(list(rows[0])))
        execute_values(cursor, insert, [tuple(row.values()) for row in rows])


def _row(tables: PaneTables, one: TakenBack) -> dict[str, Any]:
    row = one.row
    return {
        "partition": row["partition"], "offset": row["offset"], "taken_back": True, "generation": one.by.generation,
        **{column: row[name] for column, name in tables.cut.takes.items()},
        "window_start": one.window_start, "event_time": row[tables.stream.time_field.name],
        "event_id": row["event_id"], "value": -row[str(tables.measure.of)], "ingest_time": row["ingest_time"],
        "watermark": one.by.watermark, "noticed_at": one.by.noticed_at, "repeat": False,
    }  # fmt: skip


def _bounds(hour: datetime) -> dict[str, object]:
    return {"start": hour, "end": hour + HOUR}
