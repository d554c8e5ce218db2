"""What the API answers of billing. Amounts are decimals, written as text so that no digit is lost."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Literal

from ninja import Field, Schema

from serving.api.answers import Page
from serving.api.machine_answers import Marked


class CompanyCostLine(Marked):
    """What a company cost in a currency over the range."""

    company: str
    currency: str
    cost: Decimal
    events: int


class CurrencyLine(Marked):
    """All companies of the answer, every page of it, in a currency."""

    currency: str
    cost: Decimal
    events: int
    companies: int


class CompanyCosts(Page):
    """Companies with their cost; `totals` are of all of them, on every page."""

    totals: list[CurrencyLine]
    rows: list[CompanyCostLine]


class WindowLine(CompanyCostLine):
    """The same in the window [window_start, window_end)."""

    window_start: datetime
    window_end: datetime


class WindowPage(Page):
    """The windows that start in the range."""

    rows: list[WindowLine]


class PaneLine(Marked):
    """A pane as it was fired; the marks are of its window's hour, the pane itself never changes."""

    company: str
    currency: str
    window_start: datetime
    window_end: datetime
    pane: int = Field(description="from 0")
    timing: Literal["early", "on_time", "late"]
    is_last: bool
    value: Decimal = Field(description="what is new (discarding)")
    events: int
    total_value: Decimal = Field(description="all so far (accumulating)")
    total_events: int
    fired_at: datetime


class PanePage(Page):
    """The panes of the windows that start in the range."""

    rows: list[PaneLine]


class PendingLine(Schema):
    """An open window and what waits in it."""

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


class PendingPage(Page):
    """The open windows that start in the range."""

    rows: list[PendingLine]


class TooLateLine(Schema):
    """An event whose window was closed when it came."""

    noticed_at: datetime
    company: str
    currency: str
    window_start: datetime
    event_time: datetime
    event_id: str | None
    value: Decimal
    watermark: datetime
    repeat: bool | None = Field(description="null until the batch layer has judged it; false: it is in the exact sums")
    taken_back: bool = Field(description="an earlier event of the same identity came: `value` is taken from the window")
    partition: int
    offset: int


class TooLatePage(Page):
    """What came too late for windows that start in the range."""

    rows: list[TooLateLine]
