"""What the API answers: a page of rows with the range they are of, and where the next page is."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Literal

from django.http import HttpRequest
from ninja import Field, Schema

Finality = Literal["provisional", "final", "corrected"]


class Fault(Schema):
    """A request that cannot be answered: which part, what was found, what is wanted."""

    field: str
    found: str
    want: str


class Page(Schema):
    """What all answers have. Times carry their offset; the range is half-open."""

    start: datetime
    end: datetime
    tz: str
    count: int = Field(description="rows in all")
    page: int
    next: str | None = Field(description="address of the next page, null on the last")


class UsageRow(Schema):
    """Bytes of an id in a bucket [timestamp, end). `name` is null without metadata."""

    timestamp: datetime
    end: datetime
    id: str
    name: str | None
    value: int
    type: str
    provisional: bool
    finality: Finality
    partial: bool = Field(description="the range cuts the bucket, or it is not over yet")


class UsagePage(Page):
    """Usage by user, app or antenna."""

    by: str
    granularity: str
    rows: list[UsageRow]


class QuotaRow(Schema):
    """A user's hour above quota."""

    timestamp: datetime
    email: str
    id: str | None
    name: str | None
    usage: int
    quota: int
    provisional: bool
    finality: Finality


class QuotaPage(Page):
    """The hours in which users went above their quota."""

    rows: list[QuotaRow]


class ProofRow(Schema):
    """One hour, stream and type counted twice; null where no run has looked at it yet.

    Whole sums are numbers; sums with decimals are text, so that no digit is lost.
    """

    hour: datetime
    stream: str
    type: str
    realtime: int | Decimal | None
    archive: int | Decimal | None
    batch: int | Decimal | None
    duplicates: int | Decimal | None
    ok: bool | None
    why: str
    run: int | None
    proved_at: datetime | None
    events: int | None = Field(description="counted once each, of the published hour")
    repeats: int | None = Field(description="sent again and not counted")
    waiting: int = Field(description="archived events that no publish has taken over yet")
    revision: int | None
    verdict: Literal["proven", "failed", "not yet"]
    provisional: bool
    finality: Finality


class ProofPage(Page):
    """The proofs of the hours that start in the range, the latest first.

    `count` and `limit` are of hours, each stream's hour one.
    """

    rows: list[ProofRow]


def next_page(request: HttpRequest, page: int, limit: int, count: int) -> str | None:
    """The address of the page after `page`, with all other parameters as they were given."""
    if page * limit >= count:
        return None
    query = request.GET.copy()
    query["page"] = str(page + 1)
    return f"{request.path}?{query.urlencode()}"
