"""A customer's events among the rows of an hour, and what can be said of a single one."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from metering.arrow.schemas import ARRIVAL, archive_schema
from metering.domain.event import Event, Position
from metering.domain.stream import EVENT_ID, Kind, Stream

Place = tuple[int, int]
"""Partition and offset, within a topic."""


def of_customer(rows: pa.Table, fields: Sequence[str], customer: str) -> pa.Table:
    """The rows of one event hour that decide what the customer is billed, in order of arrival.

    Those in which one of `fields` is the customer's id, every copy of them, and every other row with an event_id of
    theirs: where two events share it the first one counts, and that may be another customer's.
    """
    mine = pa.array([False] * rows.num_rows, pa.bool_())
    for field in fields:
        mine = pc.or_(mine, pc.equal(rows[field], customer))
    ids = pc.drop_null(pc.unique(rows.filter(mine)[EVENT_ID]))
    shared = pc.fill_null(pc.is_in(rows[EVENT_ID], value_set=ids.cast(pa.string())), False)
    return rows.filter(pc.or_(mine, shared)).sort_by(ARRIVAL)


def places_of(rows: pa.Table) -> Iterator[Place]:
    return zip(rows["partition"].to_pylist(), rows["offset"].to_pylist(), strict=True)


def place_text(topic: str, place: Place) -> str:
    """A place as a difference names it.

    >>> place_text("calls", (2, 17))
    'event calls/2/17'
    """
    return f"event {topic}/{place[0]}/{place[1]}"


def by_place(stream: Stream, rows: pa.Table) -> dict[Place, Mapping[str, Any]]:
    """The rows by their place; times in epoch microseconds."""
    plain = _plain(stream, rows).to_pylist()
    return {(row["partition"], row["offset"]): row for row in plain}


def as_events(stream: Stream, rows: pa.Table) -> list[Event]:
    """The rows as the reference takes them. An event's own time and Kafka's cannot be told apart any more, and no
    sum needs it: what differs is only whether a repeat is called a conflict."""
    time, others = stream.time_field.name, [field.name for field in stream.fields if field.kind is not Kind.TIME]
    return [
        Event(
            time_us=row[time], values={name: row[name] for name in others}, event_id=row[EVENT_ID],
            position=Position(row["topic"], row["partition"], row["offset"]), ingest_us=row["ingest_time"],
            added={field.name: row[field.name] for field in stream.added})
        for row in _plain(stream, rows).to_pylist()]


def _plain(stream: Stream, rows: pa.Table) -> pa.Table:
    for number, field in enumerate(archive_schema(stream)):
        if pa.types.is_timestamp(field.type):
            rows = rows.set_column(number, field.name, rows[field.name].cast(pa.int64()))
    return rows
