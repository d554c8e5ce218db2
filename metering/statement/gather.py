"""What a statement is made of: the customer's lines from the books, the events and fingerprints from the archive."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

import pyarrow as pa
from psycopg2.extensions import cursor as Cursor

from metering.arrow.archive import Archive
from metering.arrow.listed import DamagedFile, FileToRead, read_file
from metering.arrow.schemas import archive_schema
from metering.domain.errors import BadSettings, Damaged, LambdameterError
from metering.domain.stream import Stream
from metering.statement.archive_hours import hour_content
from metering.statement.document import (
    ArchiveContent,
    ArchiveHour,
    BilledHour,
    BilledInvoice,
    BilledLine,
    BilledTariff,
    KnownFile,
    Statement,
)
from metering.statement.events import of_customer
from metering.store.rated import (
    Billed,
    CountingFile,
    PublishedHour,
    RatedLine,
    counting_files,
    issued_invoices,
    known_periods,
    published_hours,
    rated_hours,
    rated_lines,
    some_customers,
    stored_tariffs,
)
from metering.streams.subjects import TOPICS, fields_of


class WaitsForRating(LambdameterError):
    """An hour was published again after it was rated: the lines and the archive do not fit yet."""

    exit_status = 2


@dataclass(frozen=True)
class HourFiles:
    """A published hour and its files that are in it."""

    hour: datetime
    files: tuple[CountingFile, ...]


@dataclass(frozen=True)
class Books:
    """All that PostgreSQL says, of one moment. `hours`: topic → the published hours of the lines' periods."""

    statement: Statement
    hours: Mapping[str, Sequence[HourFiles]]


def read_books(cursor: Cursor, billed: Billed, now: datetime) -> Books:
    """Read the lines and what they hang on. Raises BadSettings where there are none, WaitsForRating."""
    lines = rated_lines(cursor, billed)
    if not lines:
        raise BadSettings([_nothing(cursor, billed)])
    versions = stored_tariffs(cursor, sorted({line.tariff for line in lines}))
    statement = Statement(
        billed.customer, billed.start, billed.end, billed.currency, now, tuple(_lines(cursor, billed, lines)),
        tuple(BilledTariff(**vars(one)) for one in versions),
        tuple(BilledInvoice(**vars(one)) for one in issued_invoices(cursor, billed)))
    topics = sorted({TOPICS[line.subject] for line in lines})
    since, until = _midnight(min(line.period for line in lines)), _midnight(max(line.period_end for line in lines))
    return Books(statement, {topic: _hours(cursor, topic, since, until) for topic in topics})


def _nothing(cursor: Cursor, billed: Billed) -> str:
    """What is wanted instead, by what there is."""
    of = f"CUSTOMER={billed.customer!r}: has no rated line within {billed.start} … {billed.end - timedelta(days=1)}"
    of += f" in {billed.currency}" if billed.currency else ""
    if known := known_periods(cursor, billed.customer):
        each = ", ".join(f"{_days(first, end)} ({currency})" for first, end, currency in known)
        return f"{of}; want a period that holds one of {each}"
    others = some_customers(cursor, billed)
    return f"{of}; want a customer such as {', '.join(others)}" if others else f"{of}; nobody has one in it"


def _days(first: date, end: date) -> str:
    return f"{first}" if end - first == timedelta(days=1) else f"{first:%Y-%m}"


def _lines(cursor: Cursor, billed: Billed, lines: Sequence[RatedLine]) -> Iterator[BilledLine]:
    hours: dict[tuple[str, datetime, date], list[BilledHour]] = defaultdict(list)
    for one in rated_hours(cursor, billed.customer, _midnight(billed.start), _midnight(billed.end)):
        hours[one.tariff, one.valid_from, one.period].append(
            BilledHour(one.hour, one.quantity, one.amount, one.revision))
    for line in lines:
        yield BilledLine(**vars(line), hours=tuple(hours[line.tariff, line.valid_from, line.period]))


def _hours(cursor: Cursor, topic: str, since: datetime, until: datetime) -> list[HourFiles]:
    published = published_hours(cursor, topic, since, until)
    waiting = [one.hour for one in published if not one.is_rated]
    if waiting:
        raise WaitsForRating(
            f"{topic}: {len(waiting)} hours, {waiting[0]:%Y-%m-%dT%H} the first, wait to be rated: run "
            "`python -m batch_layer`, then ask again")
    files: dict[datetime, list[CountingFile]] = defaultdict(list)
    for file in counting_files(cursor, topic, since, until):
        files[file.hour].append(file)
    _refuse_unpublished(topic, published, files)
    return [
        HourFiles(one.hour, tuple(file for file in files[one.hour] if file.generation <= one.generation))
        for one in published]


def _refuse_unpublished(
    topic: str, published: Sequence[PublishedHour], files: Mapping[datetime, Sequence[CountingFile]]
) -> None:
    """An hour with sealed events that was never published: one that failed, or a run that is under way."""
    sealed = max((one.generation for one in published), default=0)
    missing = sorted(files.keys() - {one.hour for one in published})
    waiting = [hour for hour in missing if any(file.generation <= sealed for file in files[hour])]
    if waiting:
        raise WaitsForRating(
            f"{topic}: {len(waiting)} hours, {waiting[0]:%Y-%m-%dT%H} the first, have events and are not published: "
            "run `python -m batch_layer`, or look at what it says of them on /proof")


def read_archive_hours(
    archive: Archive, books: Books, streams: Mapping[str, Stream]
) -> tuple[ArchiveContent, dict[str, pa.Table]]:
    """Fingerprints of all rows of the hours, and the customer's events by topic. Raises Damaged, ServiceAway."""
    columns = {topic: archive_schema(streams[topic]).names for topic in books.hours}
    contents: list[ArchiveHour] = []
    events: dict[str, pa.Table] = {}
    for topic, hours in books.hours.items():
        stream, mine = streams[topic], [archive_schema(streams[topic]).empty_table()]
        fields = fields_of(topic, {line.subject for line in books.statement.lines})
        for hour in hours:
            rows = _rows(archive, stream, hour)
            known = [KnownFile(file.path, file.rows, file.sha256) for file in hour.files]
            contents.append(hour_content(stream, hour.hour, rows, known, columns[topic]))
            mine.append(of_customer(rows, fields, books.statement.customer))
        events[topic] = pa.concat_tables(mine)
    return ArchiveContent(columns, tuple(contents)), events


def _rows(archive: Archive, stream: Stream, hour: HourFiles) -> pa.Table:
    schema = archive_schema(stream)
    try:
        parts = [
            read_file(archive, schema, FileToRead(file.path, file.rows, file.size, sha256=file.sha256))
            for file in hour.files]
    except DamagedFile as error:
        raise Damaged(str(error)) from error
    return pa.concat_tables(parts) if parts else schema.empty_table()


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), UTC)
