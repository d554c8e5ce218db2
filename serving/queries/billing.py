"""What companies cost: summed by company and currency over a range, or window by window."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from functools import cache
from typing import Any

from psycopg2 import sql

from metering.domain.stream import IDENTIFIER
from metering.streams.billing import BILLING, COMPANY_WINDOW
from serving.queries.buckets import HOUR, Buckets
from serving.queries.dimensions import Finality, correction_types, finality
from serving.queries.snapshot import ask, composed, statement, stream

TOPIC = BILLING.topic
PAGE_ROWS = 50
WINDOW = timedelta(seconds=COMPANY_WINDOW.window_s)


class UnknownCompany(LookupError):
    """No event ever came of a company of this id."""

    def __init__(self, company: str) -> None:
        self.company = company
        super().__init__(company)


@dataclass(frozen=True)
class BillingSelection:
    """The cut range, of which companies (empty: of all), in which currency (empty: in any)."""

    buckets: Buckets
    companies: tuple[str, ...] = ()
    currency: str = ""

    def parameters(self, **more: object) -> dict[str, object]:
        hours_start, hours_end = self.buckets.hours
        return self.windows() | {"hours_start": hours_start, "hours_end": hours_end, **more}

    def windows(self, **more: object) -> dict[str, object]:
        """The same for a question that looks at every window."""
        end = self.buckets.end
        return {
            "topic": TOPIC, "types": correction_types(COMPANY_WINDOW), "start": self.buckets.start, "end": end,
            "hours_start": end, "hours_end": end, "companies": list(self.companies) or None,
            "currency": self.currency or None, "edges": list(self.buckets.edges), **more,
        }


@dataclass(frozen=True)
class CompanyCost:
    """What a company cost in a currency over the range, and of how many events."""

    company: str
    currency: str
    cost: Decimal
    events: int
    finality: Finality


@dataclass(frozen=True)
class WindowCost:
    """What a company cost in a currency in the window [window_start, window_end), UTC."""

    window_start: datetime
    window_end: datetime
    company: str
    currency: str
    cost: Decimal
    events: int
    finality: Finality


@dataclass(frozen=True)
class CurrencyTotal:
    """All companies of the selection in a currency."""

    currency: str
    cost: Decimal
    events: int
    companies: int
    finality: Finality


@dataclass(frozen=True)
class CompanyReach:
    """The first and the last hour with events of a company, UTC."""

    first_hour: datetime
    last_hour: datetime

    @property
    def end(self) -> datetime:
        """The end of the last hour."""
        return self.last_hour + HOUR


@dataclass(frozen=True)
class Listing:
    """A table of the page: its question, its orders by the address's word, the columns of its CSV in order.

    `make` gives a row and how many there are in all. `by_hour`: whether whole hours may be read from the hourly sums.
    """

    title: str
    question: Callable[[str], sql.Composed]
    orders: Mapping[str, str]
    default: str
    row: type
    make: Callable[..., tuple[Any, int]]
    by_hour: bool = False

    def page(
        self, selection: BillingSelection, sort: str = "", number: int = 1, size: int = PAGE_ROWS
    ) -> tuple[list[Any], int]:
        """Page `number` (from 1), ordered by a key of `orders`, and how many rows there are."""
        asked = self._parameters(selection, limit=size, offset=(number - 1) * size)
        rows = ask(self._ordered(sort), asked, self.make)
        return [row for row, _ in rows], rows[0][1] if rows else 0

    def every(self, selection: BillingSelection, sort: str = "") -> Iterator[Any]:
        """All pages, streamed; to be read inside of a snapshot."""
        rows = stream(self._ordered(sort), self._parameters(selection, limit=None, offset=0), self.make)
        return (row for row, _ in rows)

    def _ordered(self, sort: str) -> sql.Composed:
        return self.question(self.orders[sort or self.default])

    def _parameters(self, selection: BillingSelection, **more: object) -> dict[str, object]:
        return selection.parameters(**more) if self.by_hour else selection.windows(**more)


def totals(selection: BillingSelection) -> Sequence[CurrencyTotal]:
    """The sums of the range by currency; none where it has no events."""
    return ask(composed("billing_totals", marked=_marked()), selection.parameters(), _total)


def company_reach(company: str) -> CompanyReach:
    """How far a company's events reach. Raises UnknownCompany where there never were any."""
    if not IDENTIFIER.fullmatch(company):
        raise UnknownCompany(company)
    found = ask(statement("billing_reach"), {"company": company}, CompanyReach)
    if not found:
        raise UnknownCompany(company)
    return found[0]


def _company(rows: int, provisional: bool, corrected: bool, **columns: Any) -> tuple[CompanyCost, int]:
    return CompanyCost(**columns, finality=finality(provisional, corrected)), rows


def _window(
    rows: int, window_start: datetime, provisional: bool, corrected: bool, **columns: Any
) -> tuple[WindowCost, int]:
    mark = finality(provisional, corrected)
    return WindowCost(window_start=window_start, window_end=window_start + WINDOW, **columns, finality=mark), rows


def _total(provisional: bool, corrected: bool, **columns: Any) -> CurrencyTotal:
    return CurrencyTotal(**columns, finality=finality(provisional, corrected))


@cache
def _marked() -> sql.Composed:
    return composed("billing_marked")


COMPANIES = Listing(
    title="Companies",
    question=lambda order: composed("billing_companies", marked=_marked(), order=sql.SQL(order)),
    orders={
        "company": "company, currency", "-company": "company DESC, currency",
        "cost": "currency, cost, company", "-cost": "currency, cost DESC, company",
        "events": "events, company, currency", "-events": "events DESC, company, currency"},
    default="-cost", row=CompanyCost, make=_company, by_hour=True)

WINDOWS = Listing(
    title="Windows",
    question=lambda order: composed("billing_windows", marked=_marked(), order=sql.SQL(order)),
    orders={
        "time": "window_start, company, currency", "-time": "window_start DESC, company, currency",
        "company": "company, currency, window_start", "-company": "company DESC, currency, window_start",
        "cost": "currency, cost, window_start, company", "-cost": "currency, cost DESC, window_start, company"},
    default="-time", row=WindowCost, make=_window)
