"""Plays and clicks from CSV files of the original's form: with a header or not, quoted or not, local times."""

from __future__ import annotations

import csv
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pyarrow as pa

from metering.domain.errors import BadSettings
from metering.domain.rollup import HOUR_S, floor_to
from metering.domain.stream import EVENT_ID, IDENTIFIER, Kind, Stream
from ml.features import FAULTS
from ml.span import Span, microseconds

MOST_FAULTS = 20
"""How many bad lines are told one by one."""


@dataclass(frozen=True)
class CsvFile:
    """A file of a stream's events. Its columns without a header: event_id, then the stream's fields in their order."""

    path: Path
    stream: Stream
    zone: ZoneInfo

    @property
    def order(self) -> tuple[str, ...]:
        return (EVENT_ID, *(field.name for field in self.stream.fields))


Cell = str | int | datetime


def read_csv(file: CsvFile, span: Span) -> pa.Table:
    """The file's distinct events in the span: the stream's fields and the empty fault columns.

    Of lines with one event_id in one hour the first counts. A local time that comes twice means its first occurrence;
    one that a clock change leaves out is read with the offset before it. Raises BadSettings with every bad line, by
    its number.
    """
    faults: list[str] = []
    rows = list(_distinct(file, _in_span(file, span, _good(file, faults))))
    if faults:
        more = [f"{file.path}: {len(faults) - MOST_FAULTS} more bad lines"] if len(faults) > MOST_FAULTS else []
        raise BadSettings([*faults[:MOST_FAULTS], *more])
    return _table(file.stream, rows)


def _lines(path: Path) -> Iterator[tuple[int, list[str]]]:
    try:
        with path.open(encoding="utf-8-sig", newline="") as text:
            reader = csv.reader(text, skipinitialspace=True)
            for row in reader:
                if row:
                    yield reader.line_num, [cell.strip() for cell in row]
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise BadSettings([f"{path}: cannot be read as CSV in UTF-8 ({error})"]) from error


def _good(file: CsvFile, faults: list[str]) -> Iterator[dict[str, Cell]]:
    columns: Sequence[str] | None = None
    for number, cells in _lines(file.path):
        if columns is None:
            columns = _header(file, cells)
            if columns:
                continue
            columns = file.order
        if len(cells) != len(columns):
            faults.append(f"{file.path}:{number}: found {len(cells)} columns, want {len(columns)}")
            continue
        event, wrong = _event(file, dict(zip(columns, cells, strict=True)))
        faults += (f"{file.path}:{number}: {fault}" for fault in wrong)
        if not wrong:
            yield event


def _plain(name: str) -> str:
    return re.sub(r"[^a-z]", "", name.lower())


def _header(file: CsvFile, cells: Sequence[str]) -> list[str] | None:
    """The fields that a first line names; None where it is an event: then something in it has a digit."""
    if any(re.search(r"\d", cell) for cell in cells):
        return None
    by_name = {_plain(name): field.name for field in file.stream.all_fields for name in field.names}
    columns = [by_name.get(_plain(cell), cell) for cell in cells]
    missing = [field.name for field in file.stream.fields if field.name not in columns]
    if missing:
        raise BadSettings([f"{file.path}: no column {name!r}; found {', '.join(cells)}" for name in missing])
    return columns


def _event(file: CsvFile, cells: Mapping[str, str]) -> tuple[dict[str, Cell], list[str]]:
    event: dict[str, Cell] = {EVENT_ID: cells.get(EVENT_ID, "")}
    faults: list[str] = []
    for field in file.stream.fields:
        found = cells[field.name]
        read, want = _READ[field.kind]
        value = read(found, file.zone)
        if value is None or (isinstance(value, int) and field.high is not None and not 0 <= value <= field.high):
            faults.append(f"{field.name}: found {found[:80]!r}, want {want}")
        else:
            event[field.name] = value
    return event, faults


def _identifier(text: str, zone: ZoneInfo) -> str | None:
    return text if IDENTIFIER.fullmatch(text) else None


def _whole(text: str, zone: ZoneInfo) -> int | None:
    return int(text) if re.fullmatch(r"[0-9]{1,4}", text) else None


def _time(text: str, zone: ZoneInfo) -> datetime | None:
    try:
        found = datetime.fromisoformat(text)
        return (found if found.tzinfo else found.replace(tzinfo=zone)).astimezone(UTC)
    except (ValueError, OverflowError):
        return None


_READ: dict[Kind, tuple[Callable[[str, ZoneInfo], Cell | None], str]] = {
    Kind.IDENTIFIER: (_identifier, "an identifier: up to 64 letters, digits and . _ : -"),
    Kind.INTEGER: (_whole, "0 or 1"),
    Kind.TIME: (_time, "a local time such as 2026-11-24 09:54:09"),
}


def _in_span(file: CsvFile, span: Span, events: Iterable[dict[str, Cell]]) -> Iterator[dict[str, Cell]]:
    time = file.stream.time_field.name
    return (event for event in events if isinstance(at := event[time], datetime) and span.has(at))


def _distinct(file: CsvFile, events: Iterable[dict[str, Cell]]) -> Iterator[dict[str, Cell]]:
    seen: set[tuple[int, Cell]] = set()
    for event in events:
        at = event[file.stream.time_field.name]
        assert isinstance(at, datetime)
        identity = floor_to(microseconds(at), HOUR_S), event[EVENT_ID]
        if event[EVENT_ID] and identity in seen:
            continue
        seen.add(identity)
        yield event


def _table(stream: Stream, rows: Sequence[Mapping[str, Cell]]) -> pa.Table:
    types = {Kind.TIME: pa.timestamp("us", tz="UTC"), Kind.INTEGER: pa.int64()}
    fields = [pa.field(field.name, types.get(field.kind, pa.string())) for field in stream.fields]
    faults = [pa.field(name, pa.string()) for name in FAULTS]
    return pa.Table.from_pylist(list(rows), pa.schema([*fields, *faults]))
