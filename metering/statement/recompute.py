"""A statement computed again: events counted by the reference fold, priced by the tariffs of the folder.

Needs the folder's content and nothing else.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal

import pyarrow as pa

from metering.arrow.files import split_by_hour
from metering.domain.billing.invoice import exact_sum
from metering.domain.billing.periods import Period, period_of
from metering.domain.billing.rating import Rated, rate
from metering.domain.billing.tariffs import TariffVersion
from metering.domain.fold import View, distinct, fold
from metering.domain.rollup import HOUR_S
from metering.domain.stream import Stream
from metering.statement.document import ArchiveContent, BilledInvoice, BilledLine, BilledTariff, Statement, Unreadable
from metering.statement.events import as_events, of_customer, place_text, places_of
from metering.statement.folder import Difference
from metering.statement.tariffs import read_version
from metering.streams.subjects import TOPICS, Subject, fields_of, subject_of

Quantities = dict[datetime, Decimal]

NOTHING = Decimal(0)


@dataclass(frozen=True)
class Counted:
    """A topic's events counted again: rollup → its view by hour, and how many events each hour has."""

    views: Mapping[str, View]
    events: Mapping[datetime, int]


def recompute(
    statement: Statement, content: ArchiveContent, events: Mapping[str, pa.Table], streams: Mapping[str, Stream]
) -> Iterator[Difference]:
    """Every place at which the statement is not what follows from its events and tariffs."""
    for topic, rows in events.items():
        yield from _strange_events(statement, content, streams[topic], rows)
    counted = {topic: count(streams[topic], rows) for topic, rows in events.items()}
    versions, faults = _versions(statement.tariffs)
    yield from faults
    for number, line in enumerate(statement.lines, 1):
        place = f"statement.json, line {number} ({line.name})"
        version = versions.get((line.tariff, line.valid_from))
        if version is None:
            yield Difference(place, "its tariff's version is not among the tariffs that can be read")
        elif TOPICS[version.subject] not in counted:
            yield Difference(place, f"the events of {TOPICS[version.subject]} are not in the folder")
        else:
            yield from _line(place, statement, line, version, counted[TOPICS[version.subject]])
    yield from _invoices(statement)


def count(stream: Stream, rows: pa.Table) -> Counted:
    """The first of each identity summed by hour, as the reference does it."""
    views: dict[str, View] = {rollup.name: {} for rollup in stream.rollups}
    events: dict[datetime, int] = {}
    for hour, of_hour in split_by_hour(stream, rows):
        first = distinct(as_events(stream, of_hour)).first
        events[_instant(hour)] = of_hour.num_rows
        for rollup in stream.rollups:
            views[rollup.name] |= fold(rollup, first, HOUR_S)
    return Counted(views, events)


def _strange_events(
    statement: Statement, content: ArchiveContent, stream: Stream, rows: pa.Table
) -> Iterator[Difference]:
    """Events that stand twice at one place, are nobody's concern here, or are of an hour that is not covered."""
    name = f"events/{stream.topic}.parquet"
    for place, times in Counter(places_of(rows)).items():
        if times > 1:
            yield Difference(f"{name}, {place_text(stream.topic, place)}", f"is there {times} times")
    fields = fields_of(stream.topic, {line.subject for line in statement.lines})
    covered = {hour.hour for hour in content.hours if hour.topic == stream.topic}
    for hour, of_hour in split_by_hour(stream, rows):
        mine = set(places_of(of_customer(of_hour, fields, statement.customer)))
        for place in places_of(of_hour):
            if _instant(hour) not in covered:
                yield Difference(f"{name}, {place_text(stream.topic, place)}", "its hour is not in archive.json")
            elif place not in mine:
                how = f"is neither of {statement.customer} nor of an identity of theirs"
                yield Difference(f"{name}, {place_text(stream.topic, place)}", how)


def _versions(tariffs: Sequence[BilledTariff]) -> tuple[dict[tuple[str, datetime], TariffVersion], list[Difference]]:
    versions: dict[tuple[str, datetime], TariffVersion] = {}
    faults: list[Difference] = []
    for number, one in enumerate(tariffs):
        place = f"statement.json, tariffs[{number}] ({one.name} of {one.valid_from:%Y-%m-%dT%H:%MZ})"
        try:
            version = read_version(one)
        except Unreadable as error:
            faults.append(Difference(f"{place}, {error.place}", f"want {error.want}"))
            continue
        versions[one.name, one.valid_from] = version
        if version.sha256 != one.sha256:
            faults.append(Difference(f"{place}, sha256", f"stated {one.sha256}, of its spec {version.sha256}"))
    return versions, faults


def _line(
    place: str, statement: Statement, line: BilledLine, version: TariffVersion, counted: Counted
) -> Iterator[Difference]:
    subject = subject_of(version.subject, version.of)
    since, until = covered_hours(line, statement.tariffs)
    quantities = {
        hour: quantity for hour, quantity in _quantities(subject, statement.customer, line.currency, counted)
        if since <= hour < until}
    yield from _stated(place, statement, line, version)
    if not quantities:
        yield Difference(place, f"no event in the folder counts for it; stated {line.quantity:f} for {line.amount:f}")
        return
    found = rate(version, quantities)
    yield from _hours(place, line, quantities, found, counted)
    for name in ("quantity", "fixed", "rounding", "amount"):
        stated, again = getattr(line, name), getattr(found, name)
        if stated != again:
            yield Difference(f"{place}, {name}", f"stated {stated:f}, computed again {again:f}")


def _stated(place: str, statement: Statement, line: BilledLine, version: TariffVersion) -> Iterator[Difference]:
    """What a line repeats of its tariff, and whether that is the customer's."""
    if not version.covers(statement.customer):
        yield Difference(place, f"its tariff is not for {statement.customer}")
    if line.period < statement.start or line.period_end > statement.end:
        yield Difference(place, f"lies outside of {statement.start} … {statement.end}")
    period = Period(line.period, line.period_end)
    if period != period_of(period.start_at, version.period):
        yield Difference(f"{place}, period_end", f"stated {line.period_end}, by its tariff one {version.period}")
    for name in ("subject", "currency"):
        if getattr(line, name) != getattr(version, name):
            how = f"stated {getattr(line, name)}, in its tariff {getattr(version, name)}"
            yield Difference(f"{place}, {name}", how)


def covered_hours(line: BilledLine, tariffs: Sequence[BilledTariff]) -> tuple[datetime, datetime]:
    """The hours that a line prices: those of its period from which its version holds, until the next one does."""
    later = [one.valid_from for one in tariffs if one.name == line.tariff and one.valid_from > line.valid_from]
    period = Period(line.period, line.period_end)
    return max(line.valid_from, period.start_at), min([*later, period.end_at])


def _quantities(
    subject: Subject, customer: str, currency: str, counted: Counted
) -> Iterator[tuple[datetime, Decimal]]:
    wanted = {subject.customer: customer, **subject.where, **({"currency": currency} if subject.by_currency else {})}
    rollup = subject.rollup
    measure = [one.column for one in rollup.measures].index(subject.measure)
    for (start, *dimensions), values in counted.views[rollup.name].items():
        found = dict(zip(rollup.dimensions, dimensions, strict=True))
        if all(found[column] == value for column, value in wanted.items()):
            yield _instant(int(str(start))), subject.quantity(values[measure] or 0)


def _hours(
    place: str, line: BilledLine, quantities: Quantities, found: Rated, counted: Counted
) -> Iterator[Difference]:
    stated = {one.hour: one for one in line.hours}
    for hour in sorted(stated.keys() | quantities.keys()):
        where = f"{place}, hour {hour:%Y-%m-%dT%H}"
        quantity, amount = (stated[hour].quantity, stated[hour].amount) if hour in stated else (NOTHING, NOTHING)
        again = quantities.get(hour, NOTHING), found.hours.get(hour, NOTHING)
        if quantity != again[0]:
            events = f"of the hour's {counted.events.get(hour, 0)} events"
            yield Difference(f"{where}, quantity", f"stated {quantity:f}, {events} {again[0]:f}")
        if amount != again[1]:
            yield Difference(f"{where}, amount", f"stated {amount:f}, computed again {again[1]:f}")


def _invoices(statement: Statement) -> Iterator[Difference]:
    """An invoice and its notes together are the sum of the lines of their period and currency."""
    documents: dict[tuple[date, date, str], list[BilledInvoice]] = defaultdict(list)
    for one in statement.invoices:
        documents[one.period, one.period_end, one.currency].append(one)
    for account, each in documents.items():
        total = exact_sum(one.total for one in each)
        lines = exact_sum(line.amount for line in statement.lines
                          if (line.period, line.period_end, line.currency) == account)
        if total != lines:
            numbers = ", ".join(one.number for one in each)
            yield Difference(f"statement.json, invoices {numbers}", f"together {total:f}, the lines {lines:f}")


def _instant(micros: int) -> datetime:
    return datetime.fromtimestamp(micros // 1_000_000, UTC)
