"""What would be different: a candidate tariff, another hourly limit. Nothing is written."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Any, Literal

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from ninja import Field, Query, Router, Schema

from metering.clock import SystemClock
from serving.api.answers import Fault, Page, next_page
from serving.api.parameters import RangeQuery, read_limit, wants_csv
from serving.csv_rows import columns_of, row_cells
from serving.csv_stream import csv_response, file_name
from serving.pages.state import RangeState
from serving.pages.views.what_if import CHANGE_HEAD, change_cells, compared, quota_csv
from serving.pages.what_if_state import (
    MOST_CHARACTERS,
    QuotaWhatIf,
    TariffWhatIf,
    read_quota_what_if,
    read_tariff_what_if,
)
from serving.queries.quota_what_if import HourCrossing, UserCrossing, hours_above, users_above
from serving.queries.snapshot import one_snapshot
from serving.queries.what_if import Span

router = Router(tags=["what-if"])


class CandidateQuery(RangeQuery):
    """Which candidate. Without a range: over the last 30 days."""

    candidate: str = Field("", description=f"the TOML text of one [[version]], at most {MOST_CHARACTERS} characters")


class LimitQuery(RangeQuery):
    """Which limit, by user or by hour. Without a range: over the last 30 days."""

    hourly: str = Field("", description="bytes an hour, or percent of each quota; 100% when absent")
    show: Literal["users", "hours"] = "users"
    id: list[str] = Field([], description="only these users; may be repeated")


class CandidateFaults(Schema):
    """A candidate that cannot be read: every fault of it."""

    field: str
    found: str
    want: str
    faults: list[str]


class ChangeRow(Schema):
    """What a customer pays over the range now, and would. Sums are text, so that no digit is lost."""

    customer: str
    old: Decimal
    new: Decimal
    difference: Decimal


class ChangePage(Page):
    """All changes, the largest difference first. `start` and `end`: the full hours that were compared."""

    currency: str
    replaced: list[str] = Field(description="names of the tariffs compared with")
    old: Decimal
    new: Decimal
    difference: Decimal
    winners: int = Field(description="customers who would pay less")
    losers: int
    unchanged: int
    published_hours: int
    provisional_hours: int
    rows: list[ChangeRow]


class UserRow(Schema):
    """A user above the quota now, or above the limit then."""

    id: str
    name: str | None
    quota: int | None
    hours_now: int
    hours_then: int
    first_then: datetime | None
    last_then: datetime | None
    most: int


class HourRow(Schema):
    """An hour above one of the two."""

    id: str
    hour: datetime
    usage: int
    quota: int | None
    limit_then: Decimal | None
    is_above: bool
    would_be_above: bool


class CrossingPage(Page):
    """Users, those whose number of hours changes most first; or hours, the latest first. The sums are of all."""

    users_now: int
    users_then: int
    hours_now: int
    hours_then: int
    users: list[UserRow]
    hours: list[HourRow]


@router.get(
    "/what-if/tariff", operation_id="what_if_tariff", summary="Another tariff over a past range",
    response={200: ChangePage, 400: CandidateFaults | Fault})
def tariff_answer(request: HttpRequest, query: Query[CandidateQuery]) -> ChangePage | HttpResponseBase:
    """Per customer: now, then, difference."""
    state, limit = read_tariff_what_if(request.GET, SystemClock().now()), read_limit(request.GET)
    as_csv = wants_csv(request.GET)
    found = compared(state)
    if as_csv:
        rows = (change_cells(found, row) for row in found.changes)
        return csv_response(file_name("what-if", *found.span), CHANGE_HEAD, rows)
    first = (state.page - 1) * limit
    return ChangePage(
        **_frame(request, state, found.span, limit, len(found.changes)),
        currency=found.candidate.currency, replaced=list(found.replaced), old=found.old, new=found.new,
        difference=found.difference, winners=found.winners, losers=found.losers, unchanged=found.unchanged,
        published_hours=found.known.published, provisional_hours=found.known.provisional,
        rows=[ChangeRow(customer=one.customer, old=one.old, new=one.new, difference=one.difference)
              for one in found.changes[first : first + limit]])


@router.get(
    "/what-if/quota", operation_id="what_if_quota", summary="Another hourly limit over a past range",
    response={200: CrossingPage, 400: Fault})
def quota_answer(request: HttpRequest, query: Query[LimitQuery]) -> CrossingPage | HttpResponseBase:
    """Who would have been above, when, how often; now and then."""
    state, limit = read_quota_what_if(request.GET, SystemClock().now()), read_limit(request.GET)
    if wants_csv(request.GET):
        return quota_csv(state)
    with one_snapshot():
        users, sums = users_above(state.question, state.page if state.show == "users" else 1, limit)
        hours, count = hours_above(state.question, state.page, limit) if state.show == "hours" else ([], sums.count)
    return CrossingPage(
        **_frame(request, state, (state.chosen.start, state.chosen.end), limit, count), users_now=sums.users_now,
        users_then=sums.users_then, hours_now=sums.hours_now, hours_then=sums.hours_then,
        users=[UserRow(**_cells(one, UserCrossing, state)) for one in users if state.show == "users"],
        hours=[HourRow(**_cells(one, HourCrossing, state)) for one in hours])


def _frame(
    request: HttpRequest, state: TariffWhatIf | QuotaWhatIf, span: Span, limit: int, count: int
) -> dict[str, Any]:
    start, end = (moment.astimezone(state.chosen.zone) for moment in span)
    return {
        "start": start, "end": end, "tz": state.chosen.zone.key, "count": count, "page": state.page,
        "next": next_page(request, state.page, limit, count)}


def _cells(row: Any, of: type, state: RangeState) -> dict[str, object]:
    return dict(zip(columns_of(of), row_cells(row, state.chosen.zone), strict=False))
