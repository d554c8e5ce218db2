"""What is rated of a customer, and from which files: read for a statement, in the caller's one snapshot."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from psycopg2.extensions import cursor as Cursor

from metering.sql import statement


@dataclass(frozen=True)
class RatedLine:
    """A customer's line of one version and period; the period's days are [period, period_end)."""

    tariff: str
    valid_from: datetime
    period: date
    period_end: date
    subject: str
    currency: str
    quantity: Decimal
    fixed: Decimal
    rounding: Decimal
    amount: Decimal
    provisional: bool


@dataclass(frozen=True)
class RatedHour:
    """An hour of a line, and the revision of the published hour it was rated from."""

    tariff: str
    valid_from: datetime
    period: date
    hour: datetime
    quantity: Decimal
    amount: Decimal
    revision: int


@dataclass(frozen=True)
class StoredTariff:
    """A version of a tariff as it is stored."""

    name: str
    valid_from: datetime
    sha256: str
    spec: Mapping[str, Any]


@dataclass(frozen=True)
class IssuedInvoice:
    """An invoice or a correction note."""

    number: str
    kind: str
    period: date
    period_end: date
    currency: str
    total: Decimal


@dataclass(frozen=True)
class PublishedHour:
    """An hour of the batch view. `is_rated`: what was rated is what is published."""

    hour: datetime
    generation: int
    is_rated: bool


@dataclass(frozen=True)
class CountingFile:
    """A file of the archive that counts."""

    hour: datetime
    path: str
    rows: int
    size: int
    generation: int
    sha256: str


@dataclass(frozen=True)
class Billed:
    """Which lines are asked for: the days [start, end); `currency` empty: any."""

    customer: str
    start: date
    end: date
    currency: str = ""


def rated_lines(cursor: Cursor, billed: Billed) -> list[RatedLine]:
    """The customer's lines of periods that lie within the days."""
    return _rows(cursor, "lines", vars(billed), RatedLine)


def rated_hours(cursor: Cursor, customer: str, since: datetime, until: datetime) -> list[RatedHour]:
    """The hours of a customer's lines that start in [since, until), by time."""
    return _rows(cursor, "hours", {"customer": customer, "since": since, "until": until}, RatedHour)


def stored_tariffs(cursor: Cursor, names: Sequence[str]) -> list[StoredTariff]:
    """Every version of these tariffs, the earliest first."""
    return _rows(cursor, "versions", {"names": list(names)}, StoredTariff)


def issued_invoices(cursor: Cursor, billed: Billed) -> list[IssuedInvoice]:
    """The customer's invoices and notes of the lines' periods."""
    return _rows(cursor, "invoices", vars(billed), IssuedInvoice)


def published_hours(cursor: Cursor, topic: str, since: datetime, until: datetime) -> list[PublishedHour]:
    """The hours of [since, until) that the batch layer has published."""
    return _rows(cursor, "published_hours", {"topic": topic, "since": since, "until": until}, PublishedHour)


def counting_files(cursor: Cursor, topic: str, since: datetime, until: datetime) -> list[CountingFile]:
    """The files of these hours that count, published or not."""
    return _rows(cursor, "listed_files", {"topic": topic, "since": since, "until": until}, CountingFile)


def known_periods(cursor: Cursor, customer: str) -> list[tuple[date, date, str]]:
    """A few of the periods and currencies in which a customer has lines, the latest first."""
    return _rows(
        cursor, "periods_of_customer", {"customer": customer},
        lambda period, period_end, currency: (period, period_end, currency))


def some_customers(cursor: Cursor, billed: Billed) -> list[str]:
    """A few customers that have lines within the days."""
    return _rows(cursor, "some_customers", vars(billed), lambda customer: customer)


def _rows(cursor: Cursor, name: str, values: Mapping[str, Any], make: Any) -> list[Any]:
    cursor.execute(statement(f"statement/{name}"), dict(values))
    names = [column.name for column in cursor.description or ()]
    return [make(**dict(zip(names, row, strict=True))) for row in cursor.fetchall()]
