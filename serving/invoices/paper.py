"""A document as it is shown: what the page, the CSV file and the PDF are all made of."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from enum import Enum

from metering.domain.billing.invoice import Document, Hour, Kind, Line, exact_sum
from serving.queries.dimensions import Finality


class State(Enum):
    """Where a document is on its way; the value is the address's word."""

    DRAFT = "draft"
    GRACE = "grace"
    FINAL = "final"
    CORRECTION = "correction"


TITLES = {
    State.DRAFT: "Draft invoice", State.GRACE: "Draft invoice, in grace", State.FINAL: "Invoice",
    State.CORRECTION: "Correction note"}

SUBJECTS = {
    "user_bytes": "bytes of the user", "app_bytes": "bytes of the app", "antenna_bytes": "bytes of the antenna",
    "machine_percent_hours": "percent-hours of the machine", "company_costs": "costs of the company"}
"""What a line's quantity is of."""


@dataclass(frozen=True)
class Note:
    """A correction of an invoice, as its invoice names it."""

    number: str
    total: Decimal
    issued_at: datetime


@dataclass(frozen=True)
class Part:
    """One row of a document's CSV file; all but the last add up to the last, which is the foot."""

    position: int | None
    tariff: str
    valid_from: datetime | None
    tariff_sha256: str
    subject: str
    part: str
    hour: datetime | None
    topic: str
    quantity: Decimal | None
    old: Decimal | None
    new: Decimal | None
    amount: Decimal
    revision: int | None


@dataclass(frozen=True)
class Paper:
    """A document, issued or not. `number`, `issued_at`, `batch_run` only of an issued one.

    `name`, `email`: the customer's as known today, empty where they are not. `uncertain`: tariffs of a draft with
    hours that are not final or wait to be rated.
    """

    document: Document
    state: State
    number: str = ""
    name: str = ""
    email: str = ""
    issued_at: datetime | None = None
    batch_run: int | None = None
    corrects: str = ""
    notes: Sequence[Note] = ()
    uncertain: frozenset[str] = frozenset()

    @property
    def title(self) -> str:
        """What it is called."""
        return TITLES[self.state]

    @property
    def is_note(self) -> bool:
        return self.document.kind is Kind.CORRECTION

    @property
    def period(self) -> str:
        """The address's word for its period."""
        return period_word(self.document.account.period, self.document.account.period_end)

    @property
    def last_day(self) -> date:
        """The last day of the period."""
        return self.document.account.period_end - timedelta(days=1)

    @property
    def lines(self) -> Sequence[Line]:
        return self.document.lines

    @property
    def total(self) -> Decimal:
        """The foot: the sum of the lines."""
        return self.document.total

    @property
    def total_with_notes(self) -> Decimal:
        """What the invoice and all its notes come to."""
        return exact_sum((self.total, *(note.total for note in self.notes)))

    @property
    def finality(self) -> Finality:
        """A draft may change; an invoice with notes was corrected; any other issued document is final."""
        if self.state in (State.DRAFT, State.GRACE):
            return Finality.PROVISIONAL
        return Finality.CORRECTED if self.notes else Finality.FINAL

    @property
    def file_name(self) -> str:
        """The name of a download, without its ending."""
        account = self.document.account
        return self.number or f"draft_{account.customer}_{self.period}_{account.currency}".replace(":", "-")

    def parts(self) -> Iterator[Part]:
        """Its fixed parts, hours and roundings, then the foot."""
        for position, line in enumerate(self.lines, 1):
            if line.fixed or not line.hours:
                yield _part(position, line, "fixed", line.fixed)
            for hour in line.hours:
                yield _hour_part(position, line, hour)
            if line.rounding:
                yield _part(position, line, "rounding", line.rounding)
        yield Part(None, "", None, "", "", "total", None, "", None, None, None, self.total, None)


def _part(position: int, line: Line, part: str, amount: Decimal) -> Part:
    return Part(position, line.tariff, line.valid_from, line.tariff_sha256, line.subject, part, None, "", None, None,
                None, amount, None)


def _hour_part(position: int, line: Line, hour: Hour) -> Part:
    return Part(position, line.tariff, line.valid_from, line.tariff_sha256, line.subject, "hour", hour.hour, hour.topic,
                hour.quantity, hour.old, hour.new, hour.amount, hour.revision)


def period_word(period: date, period_end: date) -> str:
    """A calendar month as 2026-10, a day as 2026-10-05.

    >>> period_word(date(2026, 12, 1), date(2027, 1, 1)), period_word(date(2026, 12, 1), date(2026, 12, 2))
    ('2026-12', '2026-12-01')
    """
    return f"{period:%Y-%m}" if period_end == month_end(period) and period.day == 1 else period.isoformat()


def month_end(day: date) -> date:
    """The first day of the month after the day's.

    >>> month_end(date(2026, 12, 31))
    datetime.date(2027, 1, 1)
    """
    return (day.replace(day=1) + timedelta(days=32)).replace(day=1)


def amount_text(amount: Decimal) -> str:
    """Every digit that counts; zeros behind the second one after the point are left out.

    >>> [amount_text(Decimal(text)) for text in ("1234.5", "-0.030000000000", "0.000000000001", "7")]
    ['1,234.5', '-0.03', '0.000000000001', '7']
    """
    whole, point, decimals = f"{amount:,f}".partition(".")
    kept = decimals[:2] + decimals[2:].rstrip("0")
    return f"{whole}{point}{kept}"
