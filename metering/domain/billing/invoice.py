"""What an invoice and a correction note are: lines of fixed part, hours and rounding, whose sum is the total."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from decimal import Context, Decimal, Inexact, InvalidOperation
from enum import Enum
from functools import reduce

NOTHING = Decimal(0)

_EXACT = Context(prec=1000, traps=[Inexact, InvalidOperation])
"""Sums of far more digits than money has; one that would lose a digit is an error."""


def exact_sum(amounts: Iterable[Decimal]) -> Decimal:
    """The sum, with every digit.

    >>> exact_sum([Decimal("1e20"), Decimal("0.000000000001")])
    Decimal('100000000000000000000.000000000001')
    """
    return reduce(_EXACT.add, amounts, NOTHING)


def exact_difference(new: Decimal, old: Decimal) -> Decimal:
    """`new` - `old`, with every digit."""
    return _EXACT.subtract(new, old)


class Kind(Enum):
    """Which kind a document is; the value is the tables' word."""

    INVOICE = "invoice"
    CORRECTION = "correction"

    @property
    def prefix(self) -> str:
        """What its numbers begin with."""
        return {"invoice": "INV", "correction": "COR"}[self.value]


def number_text(kind: Kind, counted: int) -> str:
    """A document's number; the `counted`-th of its kind, from 1.

    >>> number_text(Kind.CORRECTION, 7), number_text(Kind.INVOICE, 1_234_567)
    ('COR-000007', 'INV-1234567')
    """
    return f"{kind.prefix}-{counted:06d}"


@dataclass(frozen=True, order=True)
class Account:
    """What has one invoice: a customer, a period [period, period_end) of UTC days, a currency."""

    customer: str
    period: date
    period_end: date
    currency: str


@dataclass(frozen=True)
class Hour:
    """What an hour adds to a line. `revision`: of the hour that it was rated from.

    In a correction note quantity and amount are differences, and `old` and `new` the amounts they are between.
    """

    hour: datetime
    topic: str
    quantity: Decimal
    amount: Decimal
    revision: int
    old: Decimal | None = None
    new: Decimal | None = None


LineKey = tuple[str, datetime]


@dataclass(frozen=True)
class Line:
    """A tariff version's part of an account. Its quantity and its amount are sums, so they cannot be others."""

    tariff: str
    valid_from: datetime
    tariff_sha256: str
    subject: str
    fixed: Decimal
    rounding: Decimal
    hours: tuple[Hour, ...] = field(repr=False)
    old: Decimal | None = None
    new: Decimal | None = None

    @property
    def key(self) -> LineKey:
        """What makes it the same line in a later document."""
        return self.tariff, self.valid_from

    @property
    def quantity(self) -> Decimal:
        return exact_sum(hour.quantity for hour in self.hours)

    @property
    def priced(self) -> Decimal:
        """What its hours add up to."""
        return exact_sum(hour.amount for hour in self.hours)

    @property
    def amount(self) -> Decimal:
        return exact_sum((self.fixed, self.priced, self.rounding))


@dataclass(frozen=True)
class Document:
    """An invoice, or what corrects one. The total is the sum of its lines. `why` is empty for an invoice."""

    kind: Kind
    account: Account
    lines: tuple[Line, ...]
    why: str = ""

    @property
    def total(self) -> Decimal:
        return exact_sum(line.amount for line in self.lines)


def invoice_of(account: Account, rated: Iterable[Line]) -> Document:
    """The invoice of an account as it is rated: its lines in the order of tariff and version."""
    return Document(Kind.INVOICE, account, tuple(sorted(rated, key=lambda line: line.key)))


def correction_of(account: Account, invoiced: Iterable[Line], rated: Iterable[Line]) -> Document | None:
    """What to add to all earlier documents so that they say what is rated now; None where they do.

    `invoiced`: the sum of the account's documents so far, as `summed` gives it. A line or an hour that is gone
    is taken back to nothing, one that came is added to nothing.
    """
    before = {line.key: line for line in invoiced}
    now = {line.key: line for line in rated}
    pairs = ((before.get(key), now.get(key)) for key in sorted(before.keys() | now.keys()))
    lines = tuple(changed for old, new in pairs if (changed := _line_between(old, new)))
    return Document(Kind.CORRECTION, account, lines) if lines else None


def summed(documents: Iterable[Document]) -> list[Line]:
    """The lines that an account's invoice and its notes say together; hours and lines of nothing stay."""
    lines: dict[LineKey, Line] = {}
    for document in documents:
        for line in document.lines:
            known = lines.get(line.key)
            lines[line.key] = _line_sum(known, line) if known else replace(
                line, hours=tuple(_plain(hour) for hour in line.hours), old=None, new=None)
    return [lines[key] for key in sorted(lines)]


def _line_sum(first: Line, second: Line) -> Line:
    hours = {hour.hour: hour for hour in first.hours}
    for hour in second.hours:
        known = hours.get(hour.hour)
        hours[hour.hour] = replace(
            _plain(hour), quantity=exact_sum((known.quantity, hour.quantity)),
            amount=exact_sum((known.amount, hour.amount))) if known else _plain(hour)
    return replace(
        first, fixed=exact_sum((first.fixed, second.fixed)), rounding=exact_sum((first.rounding, second.rounding)),
        hours=tuple(hours[start] for start in sorted(hours)))


def _plain(hour: Hour) -> Hour:
    return replace(hour, old=None, new=None)


def _line_between(old: Line | None, new: Line | None) -> Line | None:
    """The line that takes `old` to `new`; None where nothing of it changed."""
    shape = new or old
    if shape is None:
        return None
    fixed = exact_difference(new.fixed if new else NOTHING, old.fixed if old else NOTHING)
    rounding = exact_difference(new.rounding if new else NOTHING, old.rounding if old else NOTHING)
    hours = _hours_between(old.hours if old else (), new.hours if new else ())
    if not (fixed or rounding or hours):
        return None
    return replace(
        shape, fixed=fixed, rounding=rounding, hours=hours,
        old=old.amount if old else NOTHING, new=new.amount if new else NOTHING)


def _hours_between(old: Sequence[Hour], new: Sequence[Hour]) -> tuple[Hour, ...]:
    """Those that changed in quantity or amount, in the order of time."""
    before, now = {hour.hour: hour for hour in old}, {hour.hour: hour for hour in new}
    pairs = ((before.get(start), now.get(start)) for start in sorted(before.keys() | now.keys()))
    return tuple(hour for pair in pairs if (hour := _hour_between(*pair)))


def _hour_between(old: Hour | None, new: Hour | None) -> Hour | None:
    shape = new or old
    if shape is None:
        return None
    was, becomes = (old.amount if old else NOTHING), (new.amount if new else NOTHING)
    quantity = exact_difference(new.quantity if new else NOTHING, old.quantity if old else NOTHING)
    if not quantity and was == becomes:
        return None
    return replace(shape, quantity=quantity, amount=exact_difference(becomes, was), old=was, new=becomes)
