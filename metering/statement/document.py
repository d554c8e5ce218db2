"""What `statement.json` and `archive.json` say: plain values, written and read again without loss.

Amounts and quantities are decimal text, times ISO with Z, days ISO. Reading raises Unreadable with the place.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal, InvalidOperation
from typing import Any

FORMAT = 1


class Unreadable(ValueError):
    """A part of the folder that is not what it should be: where, and what is wanted there."""

    def __init__(self, place: str, want: str) -> None:
        self.place, self.want = place, want
        super().__init__(f"{place}: want {want}")


@dataclass(frozen=True)
class BilledHour:
    """A rated hour of a line. `hour`: its start, UTC; `revision`: of the published hour it was rated from."""

    hour: datetime
    quantity: Decimal
    amount: Decimal
    revision: int


@dataclass(frozen=True)
class BilledLine:
    """A line: one version of a tariff over one period of days [period, period_end), UTC."""

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
    hours: tuple[BilledHour, ...]

    @property
    def name(self) -> str:
        """The line as a difference names it."""
        return f"{self.tariff} of {self.valid_from:%Y-%m-%dT%H:%MZ}, period {self.period}, {self.currency}"


@dataclass(frozen=True)
class BilledTariff:
    """A version as it was stored: its canonical content and that content's SHA-256."""

    name: str
    valid_from: datetime
    sha256: str
    spec: Mapping[str, Any]


@dataclass(frozen=True)
class BilledInvoice:
    """An invoice, or a correction note, of the period."""

    number: str
    kind: str
    period: date
    period_end: date
    currency: str
    total: Decimal


@dataclass(frozen=True)
class Statement:
    """All of `statement.json`. The period is the days [start, end); `currency` empty: in any.

    `tariffs`: every version of the tariffs of the lines, also those in force at other times.
    """

    customer: str
    start: date
    end: date
    currency: str
    made_at: datetime
    lines: tuple[BilledLine, ...]
    tariffs: tuple[BilledTariff, ...]
    invoices: tuple[BilledInvoice, ...]

    @property
    def hours(self) -> list[datetime]:
        """Every hour of the lines' periods."""
        days = {line.period + timedelta(days=day) for line in self.lines
                for day in range((line.period_end - line.period).days)}
        midnights = [datetime.combine(day, time(), UTC) for day in sorted(days)]
        return [midnight + timedelta(hours=hour) for midnight in midnights for hour in range(24)]

    @property
    def totals(self) -> dict[str, Decimal]:
        """The sum of the lines by currency."""
        sums: dict[str, Decimal] = {}
        for line in self.lines:
            sums[line.currency] = sums.get(line.currency, Decimal(0)) + line.amount
        return sums


@dataclass(frozen=True)
class KnownFile:
    """A file that counted when the statement was made. Compaction takes it away; it is never changed in place."""

    path: str
    rows: int
    sha256: str


@dataclass(frozen=True)
class ArchiveHour:
    """What the archive held of an hour: how many rows, their fingerprint, the last offset of each partition."""

    topic: str
    hour: datetime
    rows: int
    content: str
    last_offsets: Mapping[int, int]
    files: tuple[KnownFile, ...]

    @property
    def name(self) -> str:
        return f"{self.topic}, hour {self.hour:%Y-%m-%dT%H}"


@dataclass(frozen=True)
class ArchiveContent:
    """All of `archive.json`: the hours, and by topic the columns that are in the fingerprint."""

    columns: Mapping[str, Sequence[str]]
    hours: tuple[ArchiveHour, ...]


def instant_text(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")


def instant(text: str) -> datetime:
    """Raises ValueError without an offset."""
    found = datetime.fromisoformat(text)
    if found.tzinfo is None:
        raise ValueError(text)
    return found.astimezone(UTC)


@dataclass(frozen=True)
class Part:
    """An object of the JSON, that knows its place."""

    place: str
    fields: Mapping[str, Any]

    def take(self, name: str, read: Callable[[Any], Any], want: str) -> Any:
        """A field's value, read. Raises Unreadable."""
        try:
            return read(self.fields[name])
        except (KeyError, ValueError, TypeError, AttributeError, InvalidOperation) as error:
            found = f"found {self.fields[name]!r}"[:120] if name in self.fields else "found nothing"
            raise Unreadable(f"{self.place}, {name}", f"{want}; {found}") from error

    def text(self, name: str) -> str:
        return str(self.take(name, _text, "text"))

    def number(self, name: str) -> Decimal:
        found: Decimal = self.take(name, _decimal, "a decimal number as text")
        return found

    def whole(self, name: str) -> int:
        return int(self.take(name, _whole, "a whole number"))

    def time(self, name: str) -> datetime:
        found: datetime = self.take(name, instant, "a time such as 2026-11-23T10:00:00Z")
        return found

    def day(self, name: str) -> date:
        found: date = self.take(name, date.fromisoformat, "a day such as 2026-11-23")
        return found

    def parts(self, name: str) -> list[Part]:
        """The objects of a list."""
        each = self.take(name, _objects, "a list of objects")
        return [Part(f"{self.place}, {name}[{number}]", one) for number, one in enumerate(each)]


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError(value)
    return value


def _decimal(value: Any) -> Decimal:
    found = Decimal(_text(value))
    if not found.is_finite():
        raise ValueError(value)
    return found


def _whole(value: Any) -> int:
    if not isinstance(value, int) or isinstance(value, bool):
        raise TypeError(value)
    return value


def _objects(value: Any) -> list[dict[str, Any]]:
    if not isinstance(value, list) or not all(isinstance(one, dict) for one in value):
        raise TypeError(value)
    return value
