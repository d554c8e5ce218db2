"""Whether a statement's events and hours stand in an archive as it says."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import pyarrow as pa

from metering.arrow.archive import Archive
from metering.arrow.files import split_by_hour
from metering.domain.stream import Stream
from metering.statement.archive_hours import FoundHour, find_hour, hours_with_files
from metering.statement.document import ArchiveContent, ArchiveHour
from metering.statement.events import Place, by_place, of_customer, place_text
from metering.statement.folder import Difference


@dataclass
class Looked:
    """What the check has seen: hours, rows, and rows that came after the statement."""

    hours: int = 0
    rows: int = 0
    later: int = 0


@dataclass(frozen=True)
class Mine:
    """The customer's events of a stream as the folder has them, by which fields they are the customer's, and the hours
    of all periods that are billed."""

    customer: str
    fields: Sequence[str]
    events: pa.Table
    hours: Sequence[datetime] = ()


def check_archive(
    archive: Archive, content: ArchiveContent, streams: Mapping[str, Stream], mine: Mapping[str, Mine], looked: Looked
) -> Iterator[Difference]:
    """Every difference, hour by hour: of fingerprints, and event by event. `looked` is added to."""
    for topic, columns in content.columns.items():
        stream, own = streams[topic], mine[topic]
        by_hour = dict(split_by_hour(stream, own.events))
        for stated in (hour for hour in content.hours if hour.topic == topic):
            events = by_hour.pop(int(stated.hour.timestamp()) * 1_000_000, own.events.slice(0, 0))
            found = find_hour(archive, stream, stated, columns)
            looked.hours, looked.rows = looked.hours + 1, looked.rows + found.rows.num_rows
            looked.later += found.later
            yield from found.differences
            yield from _content(stated, found)
            yield from _events(stream, stated, found, Mine(own.customer, own.fields, events))
        for rows in by_hour.values():
            for place in by_place(stream, rows):
                name = f"events/{topic}.parquet, {place_text(topic, place)}"
                yield Difference(name, "its hour is not in archive.json")
        yield from _unstated(archive, stream, content, own)


def _unstated(archive: Archive, stream: Stream, content: ArchiveContent, own: Mine) -> Iterator[Difference]:
    """The customer's events in hours of the periods that `archive.json` does not have, though they had come by then."""
    stated = [hour for hour in content.hours if hour.topic == stream.topic]
    known = {hour.hour for hour in stated}
    last: dict[int, int] = {}
    for one in stated:
        for partition, offset in one.last_offsets.items():
            last[partition] = max(offset, last.get(partition, offset))
    columns = content.columns[stream.topic]
    for hour in hours_with_files(archive, stream.topic, [hour for hour in own.hours if hour not in known]):
        found = find_hour(archive, stream, ArchiveHour(stream.topic, hour, 0, "", last, ()), columns)
        yield from found.differences
        for place in by_place(stream, of_customer(found.rows, own.fields, own.customer)):
            how = f"is in {found.file_of(place)}; its hour is not in archive.json"
            yield Difference(f"archive, {place_text(stream.topic, place)}", how)


def _content(stated: ArchiveHour, found: FoundHour) -> Iterator[Difference]:
    if found.content.rows != stated.rows:
        yield Difference(
            f"archive, {stated.name}", f"stated {stated.rows} rows, the archive has {found.content.rows} of them")
    elif found.content.hex != stated.content:
        how = f"content hash stated {stated.content}, of the archive {found.content.hex}"
        yield Difference(f"archive, {stated.name}", how)


def _events(stream: Stream, stated: ArchiveHour, found: FoundHour, mine: Mine) -> Iterator[Difference]:
    """Each of the customer's events is in both, and says the same in both."""
    here = by_place(stream, mine.events)
    there = by_place(stream, of_customer(found.rows, mine.fields, mine.customer))
    missing = [place for place in here if place not in there]
    elsewhere = by_place(stream, found.rows) if missing else {}
    for place in sorted(here.keys() | there.keys()):
        name = f"events/{stream.topic}.parquet, {place_text(stream.topic, place)}"
        if place not in here:
            yield Difference(name, f"is missing; the archive has it in {found.file_of(place)}")
        elif place not in there and place not in elsewhere:
            yield Difference(name, f"does not stand in the archive ({stated.name})")
        else:
            row = there.get(place) or elsewhere[place]
            yield from _fields(name, here[place], row, found, place)


def _fields(
    name: str, here: Mapping[str, Any], there: Mapping[str, Any], found: FoundHour, place: Place
) -> Iterator[Difference]:
    for field in here:
        if here[field] != there[field]:
            file = found.file_of(place)
            yield Difference(f"{name}, {field}", f"{here[field]!s} in the folder, {there[field]!s} in {file}")


