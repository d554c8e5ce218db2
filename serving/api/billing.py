"""What companies cost, and the panes in which it was told."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from ninja import Query, Router, Schema

from metering.clock import SystemClock
from serving.api.answers import Fault, next_page
from serving.api.billing_answers import (
    CompanyCostLine,
    CompanyCosts,
    CurrencyLine,
    PaneLine,
    PanePage,
    PendingLine,
    PendingPage,
    TooLateLine,
    TooLatePage,
    WindowLine,
    WindowPage,
)
from serving.api.machine_lines import marks
from serving.api.parameters import BillingQuery, read_limit, wants_csv
from serving.csv_rows import columns_of, row_cells
from serving.csv_stream import csv_response, file_name
from serving.pages.billing_state import BillingState, read_billing
from serving.queries.billing import BillingSelection, totals
from serving.queries.snapshot import one_snapshot, within_snapshot

router = Router(tags=["billing"])


@router.get("/billing", operation_id="billing", summary="What companies cost",
            response={200: CompanyCosts, 400: Fault})
def billing(request: HttpRequest, query: Query[BillingQuery]) -> CompanyCosts | HttpResponseBase:
    """Each company's sum in each currency; windows of 5 seconds that start in the range."""
    return _answer(request, "companies", CompanyCostLine, CompanyCosts, with_totals=True)


@router.get("/billing/windows", operation_id="billing_windows", summary="What companies cost, window by window",
            response={200: WindowPage, 400: Fault})
def windows(request: HttpRequest, query: Query[BillingQuery]) -> WindowPage | HttpResponseBase:
    """The windows of 5 seconds that start in the range."""
    return _answer(request, "windows", WindowLine, WindowPage)


@router.get("/billing/panes", operation_id="billing_panes", summary="Panes",
            response={200: PanePage, 400: Fault})
def panes(request: HttpRequest, query: Query[BillingQuery]) -> PanePage | HttpResponseBase:
    """What the speed layer told of each window: early, on time, late."""
    return _answer(request, "panes", PaneLine, PanePage)


@router.get("/billing/pending", operation_id="billing_pending", summary="Open windows",
            response={200: PendingPage, 400: Fault})
def pending(request: HttpRequest, query: Query[BillingQuery]) -> PendingPage | HttpResponseBase:
    """What waits for its next pane."""
    return _answer(request, "pending", PendingLine, PendingPage)


@router.get("/billing/too-late", operation_id="billing_too_late", summary="What came too late",
            response={200: TooLatePage, 400: Fault})
def too_late(request: HttpRequest, query: Query[BillingQuery]) -> TooLatePage | HttpResponseBase:
    """Events whose windows were closed when they came; those that are no repeat are in the exact sums."""
    return _answer(request, "too-late", TooLateLine, TooLatePage)


def _answer(
    request: HttpRequest, show: str, line: type[Schema], answer: type[Schema], *, with_totals: bool = False
) -> Any:
    """The page of a table that the address asks for, or all of it as CSV. Raises ParameterFault."""
    given = request.GET.copy()
    given["show"] = show
    state = read_billing(given, SystemClock().now())
    selection = BillingSelection(state.cut_alone(), state.companies, state.currency)
    limit = read_limit(given)
    if wants_csv(given):
        return _csv(state, selection)
    with one_snapshot():
        rows, count = state.listing.page(selection, state.sort, state.page, limit)
        whole = totals(selection) if with_totals else ()
    chosen, zone = state.chosen, state.chosen.zone
    more = {"totals": [CurrencyLine(**_line(one, zone)) for one in whole]} if with_totals else {}
    return answer(
        start=chosen.start.astimezone(zone), end=chosen.end.astimezone(zone), tz=zone.key, count=count,
        page=state.page, next=next_page(request, state.page, limit, count),
        rows=[line(**_line(row, zone)) for row in rows], **more)


def _csv(state: BillingState, selection: BillingSelection) -> HttpResponseBase:
    zone = state.chosen.zone

    def rows() -> Iterator[Sequence[object]]:
        return (row_cells(row, zone) for row in state.listing.every(selection, state.sort))

    name = file_name(f"billing-{state.show}", *(
        moment.astimezone(zone) for moment in (state.chosen.start, state.chosen.end)))
    return csv_response(name, columns_of(state.listing.row), within_snapshot(rows))


def _line(row: Any, zone: ZoneInfo) -> dict[str, Any]:
    """A row's fields, times in the zone, its mark told both ways."""
    cells: dict[str, Any] = {
        name: value.astimezone(zone) if isinstance(value, datetime) else value for name, value in asdict(row).items()}
    mark = cells.pop("finality", None)
    return cells if mark is None else cells | marks(mark)
