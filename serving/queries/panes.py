"""Panes of companies' windows: what was fired early, on time and late, what waits, what came too late."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from psycopg2 import sql

from serving.queries.billing import BillingSelection, Listing
from serving.queries.dimensions import Finality, finality
from serving.queries.snapshot import ask, composed, statement, whole

TIMINGS = ("on_time", "early", "late")


@dataclass(frozen=True)
class PaneRow:
    """A pane as it was fired: `value`, `events` are what was new in it, the totals all of its window so far.

    `finality`: of the window's hour. The pane itself never changes.
    """

    company: str
    currency: str
    window_start: datetime
    window_end: datetime
    pane: int
    timing: str
    is_last: bool
    value: Decimal
    events: int
    total_value: Decimal
    total_events: int
    fired_at: datetime
    finality: Finality


@dataclass(frozen=True)
class PendingRow:
    """An open window: what waits in it, what it holds in all, how many panes it has fired, when it is due."""

    company: str
    currency: str
    window_start: datetime
    window_end: datetime
    value: Decimal
    events: int
    total_value: Decimal
    total_events: int
    panes: int
    on_time: bool
    due_at: datetime | None
    due_watermark: datetime | None


@dataclass(frozen=True)
class TooLateRow:
    """An event whose window was closed when it came. `repeat` None: the batch layer has not judged it yet.

    `taken_back`: the event was in a window that is closed, and an earlier one of its identity came; `value` is what
    that takes from the window.
    """

    noticed_at: datetime
    company: str
    currency: str
    window_start: datetime
    event_time: datetime
    event_id: str | None
    value: Decimal
    watermark: datetime
    repeat: bool | None
    taken_back: bool
    partition: int
    offset: int


@dataclass(frozen=True)
class PaneCount:
    """How many panes of a timing fired for the windows of a bucket (from 1)."""

    bucket: int
    timing: str
    panes: int
    finality: Finality


@dataclass(frozen=True)
class Waiting:
    """How far the watermark is (None: never moved), what waits, and what came too late."""

    watermark: datetime | None
    open_windows: int
    pending_events: int
    too_late: int
    repeats: int
    unjudged: int
    taken_back: int

    @property
    def counted(self) -> int:
        """Of what came too late: what is no repeat, and so in the exact sums."""
        return self.too_late - self.repeats - self.unjudged


def pane_series(selection: BillingSelection) -> list[PaneCount]:
    """Panes by bucket and timing; what has none is absent."""
    return ask(statement("billing_pane_series"), selection.windows(), _count)


def waiting(selection: BillingSelection) -> Waiting:
    """What waits in the range and what came too late for it."""
    return ask(statement("billing_waiting"), selection.windows(), _waiting)[0]


def pane_totals(counts: Sequence[PaneCount]) -> dict[str, int]:
    """Panes by timing, of the whole range."""
    return {timing: sum(one.panes for one in counts if one.timing == timing) for timing in TIMINGS}


def _count(provisional: bool, **columns: Any) -> PaneCount:
    return PaneCount(**columns, finality=finality(provisional, False))


def _waiting(watermark: datetime | None, **columns: Any) -> Waiting:
    return Waiting(watermark, **{name: whole(number) for name, number in columns.items()})


def _pane(rows: int, provisional: bool, **columns: Any) -> tuple[PaneRow, int]:
    return PaneRow(**columns, finality=finality(provisional, False)), rows


def _pending(rows: int, **columns: Any) -> tuple[PendingRow, int]:
    return PendingRow(**columns), rows


def _too_late(rows: int, **columns: Any) -> tuple[TooLateRow, int]:
    return TooLateRow(**columns), rows


_BY_WINDOW = {
    "time": "window_start, company, currency{tie}", "-time": "window_start DESC, company, currency{tie}",
    "company": "company, currency, window_start{tie}", "-company": "company DESC, currency, window_start{tie}",
    "value": "currency, value, window_start, company{tie}",
    "-value": "currency, value DESC, window_start, company{tie}",
}


def _orders(tie: str = "", **more: str) -> dict[str, str]:
    """The orders by window, company and value, `tie` deciding between equals, and the table's own."""
    found = {order: text.format(tie=tie) for order, text in _BY_WINDOW.items()}
    for name, expression in more.items():
        found |= {name: f"{expression}, {found['time']}", f"-{name}": f"{expression} DESC, {found['-time']}"}
    return found


PANES = Listing(
    title="Panes",
    question=lambda order: composed("billing_panes", order=sql.SQL(order)),
    orders=_orders(", pane", fired="fired_at", timing="timing"), default="-fired", row=PaneRow, make=_pane)

PENDING = Listing(
    title="Pending",
    question=lambda order: composed("billing_pending", order=sql.SQL(order)),
    orders=_orders(due="due_at"), default="time", row=PendingRow, make=_pending)

TOO_LATE = Listing(
    title="Too late",
    question=lambda order: composed("billing_too_late", order=sql.SQL(order)),
    orders=_orders(', partition, "offset"', noticed="noticed_at"), default="-noticed", row=TooLateRow, make=_too_late)
