"""The rows of a stream's last days: kept in the slice's transaction, forgotten by day; who was sent an offer."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

import pyarrow as pa
import pyarrow.compute as pc
from psycopg2 import sql
from psycopg2.extensions import cursor as Cursor

from metering.domain.stream import Stream
from metering.sql import statement
from metering.store.rollups import copy_rows, identifiers

KEPT_DAYS = 35
"""Days of event time (UTC) that are kept beside the day in progress."""

_PLACES_AT_ONCE = 10_000


def oldest_kept(now: datetime) -> date:
    """The first day, UTC, that is kept at `now`."""
    return now.astimezone(UTC).date() - timedelta(days=KEPT_DAYS)


def keep_recent(cursor: Cursor, stream: Stream, rows: pa.Table, now: datetime) -> None:
    """Keep archived rows of the last days in the stream's table, making the partitions of their days.

    A row with the (time, event_id) or the place of one that is kept already is not kept again: a repeat changes
    nothing. Rows of older days are in the archive only.
    """
    table, time = str(stream.recent), stream.time_field.name
    oldest = datetime.combine(oldest_kept(now), datetime.min.time(), UTC)
    young = rows.filter(pc.greater_equal(rows[time], pa.scalar(oldest, rows[time].type)))
    if not young.num_rows:
        return
    for day in pc.unique(pc.cast(pc.floor_temporal(young[time], unit="day"), pa.date32())).to_pylist():
        cursor.execute(statement("speed/make_day", make_day=sql.Identifier(f"{table}_day")), {"day": day})
    kept = young.drop_columns(["topic"])
    incoming = f"incoming_{table}"
    copy_rows(cursor, table, incoming, kept)
    cursor.execute(statement(
        "speed/keep_recent", table=sql.Identifier(table), incoming=sql.Identifier(incoming),
        columns=identifiers(kept.column_names)))


def forget_days(cursor: Cursor, table: str, now: datetime) -> list[str]:
    """Drop the partitions of days that are kept no longer; returns their names."""
    cursor.execute(
        statement("forget_days", forget=sql.Identifier(f"{table}_forget")), {"before": oldest_kept(now)})
    return [name for (name,) in cursor.fetchall()]


@dataclass(frozen=True)
class Sent:
    """Who was sent the offer in a run of a partition's offsets, and the offset to go on from."""

    subjects: frozenset[str]
    next_offset: int


def sent_in(cursor: Cursor, stream: Stream, partition: int, first: int, after: int) -> Iterator[Sent]:
    """Who was sent the offer by the rows of `partition` from offset `first` up to, not including, `after`, in runs."""
    asked = statement(
        "speed/sent_from", table=sql.Identifier(str(stream.recent)), subject=sql.Identifier(stream.subject))
    while first < after:
        cursor.execute(asked, {"partition": partition, "first": first, "next": after, "most": _PLACES_AT_ONCE})
        rows = cursor.fetchall()
        first = rows[-1][0] + 1 if len(rows) == _PLACES_AT_ONCE else after
        yield Sent(frozenset(subject for _, subject in rows), first)
