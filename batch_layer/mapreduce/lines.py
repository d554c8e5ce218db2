"""The job's lines of JSON: samples as senders wrote them, archive rows, and values on their way between steps."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any
from zlib import crc32

from metering.domain.event import Event, Position, Reason, Rejection
from metering.domain.fold import Value
from metering.domain.judge import judge
from metering.domain.stream import EVENT_ID, Kind, Stream, TimeRules

ARCHIVE, INBOX = "archive", "inbox"
SOURCES = (ARCHIVE, INBOX)

_NEVER_US = 10**18
"""Epoch microseconds past every time an event may have. A day file does not say when a line arrived, so its time is
not judged again; and a line that takes this for its own time has none."""

_PLACE = re.compile(rb"(\d{1,18})\t(\d{1,18})\t")
_ANY_TIME = TimeRules(max_age_s=None)


def read_line(stream: Stream, source: str, line: bytes) -> tuple[Event | Rejection, Position]:
    """The event of one line, or why there is none, and where the line stands. Never raises on a day file's line.

    An archive line is a row as `row_of` gives it; a day file's is a sample, by `numbered` or as it is.
    """
    if source == ARCHIVE:
        event = event_of(stream, json.loads(line))
        return event, event.position
    position, raw = _place(stream, line)
    found = judge(stream, raw, position, _NEVER_US, _ANY_TIME)
    if isinstance(found, Event) and found.time_us == _NEVER_US:
        found = Rejection(Reason.REQUIRED, stream.time_field.name, "nothing", "the gateway stamps it")
    return found, position


def numbered(file: int, line: int, raw: bytes) -> bytes:
    """A day file's line with its place before it. A carriage return would end a line where Spark reads; in JSON that
    was accepted it is white space."""
    return b"%d\t%d\t%b\n" % (file, line, raw.rstrip(b"\n").replace(b"\r", b" "))


def _place(stream: Stream, line: bytes) -> tuple[Position, bytes]:
    """A line without a place is known by its own text: the same line twice is the same sample."""
    if place := _PLACE.match(line):
        return Position(stream.topic, int(place[1]), int(place[2])), line[place.end():]
    return Position(stream.topic, -1, crc32(line)), line


def row_of(stream: Stream, event: Event) -> dict[str, Any]:
    """An event in the archive's columns: times in epoch microseconds, decimals as text."""
    row = {name: str(value) if isinstance(value, Decimal) else value for name, value in event.known.items()}
    return row | {
        stream.time_field.name: event.time_us, EVENT_ID: event.event_id, "topic": event.position.topic,
        "partition": event.position.partition, "offset": event.position.offset, "ingest_time": event.ingest_us}


def event_of(stream: Stream, row: Mapping[str, Any]) -> Event:
    """The event of such a row."""
    values = {field.name: row[field.name] for field in stream.fields if field.kind is not Kind.TIME}
    for field in stream.fields:
        if field.kind is Kind.DECIMAL and values[field.name] is not None:
            values[field.name] = Decimal(values[field.name])
    position = Position(row["topic"], row["partition"], row["offset"])
    added = {field.name: row[field.name] for field in stream.added}
    return Event(row[stream.time_field.name], values, row[EVENT_ID], position, row["ingest_time"], added=added)


def measures_to_json(values: Sequence[Value]) -> list[int | str | None]:
    """Measures that JSON carries to the last digit."""
    return [str(value) if isinstance(value, Decimal) else value for value in values]


def measures_from_json(values: Sequence[int | str | None]) -> tuple[Value, ...]:
    return tuple(Decimal(value) if isinstance(value, str) else value for value in values)
