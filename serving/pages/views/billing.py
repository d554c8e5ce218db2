"""What companies cost, window by window, and the panes in which it was told."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from django.http import Http404, HttpRequest
from django.http.response import HttpResponseBase
from django.views.decorators.http import require_safe

from metering.clock import SystemClock
from serving.charts import usage_chart
from serving.csv_rows import columns_of, row_cells
from serving.csv_stream import csv_response, file_name
from serving.pages.billing_state import BillingState, read_billing
from serving.pages.frame import Pager, faulty_page, page, picker
from serving.pages.machine_state import SERVICE_GRANULARITIES
from serving.pages.pane_bars import pane_bars, pane_legend, pane_summary
from serving.pages.state import GRANULARITY_WORDS, one_of
from serving.periods import ending_at
from serving.queries.billing import (
    PAGE_ROWS,
    TOPIC,
    BillingSelection,
    CompanyReach,
    CurrencyTotal,
    UnknownCompany,
    company_reach,
    totals,
)
from serving.queries.freshness import Freshness, freshness
from serving.queries.panes import PaneCount, Waiting, pane_series, pane_totals, waiting
from serving.queries.snapshot import one_snapshot, within_snapshot
from serving.ranges import ParameterFault

TEMPLATE = "pages/billing.html"
TEST_EVENT = "generate --stream billing --events 100"
"""The command that the page offers where there is no event yet."""

NOTHING = {
    "companies": "No events in this range.", "windows": "No events in this range.",
    "panes": "No pane has fired for a window of this range.", "pending": "No window of this range is open.",
    "too-late": "Nothing came too late for a window of this range."}
"""What an empty table says."""


@dataclass(frozen=True)
class Found:
    """All that the page shows of one snapshot. `reach`: of the company whose page it is."""

    fresh: Freshness
    reach: CompanyReach | None
    selection: BillingSelection
    totals: Sequence[CurrencyTotal]
    counts: Sequence[PaneCount]
    waiting: Waiting
    rows: list[Any]
    count: int


@require_safe
def billing(request: HttpRequest) -> HttpResponseBase:
    """All companies; 400 with the fault beside its field."""
    return _billing(request)


@require_safe
def company(request: HttpRequest, company_id: str) -> HttpResponseBase:
    """One company's windows and panes; 404 where no event ever came of it."""
    try:
        return _billing(request, company_id)
    except UnknownCompany as fault:
        raise Http404 from fault


def _billing(request: HttpRequest, company_id: str = "") -> HttpResponseBase:
    now = SystemClock().now()
    try:
        state = read_billing(request.GET, now, company_id)
        as_csv = one_of(request.GET, "format", {"html": False, "csv": True}, "html")
    except ParameterFault as fault:
        with one_snapshot():
            fresh = freshness(now, TOPIC)
        return faulty_page(request, TEMPLATE, fault, fresh, company=company_id)
    if as_csv:
        return _csv(state)
    with one_snapshot():
        found = look(state)
    return page(request, TEMPLATE, found.fresh, picker=picker(request, state), **_context(state, found))


def look(state: BillingState) -> Found:
    """Ask all that the page shows; to be called inside of a snapshot. Raises UnknownCompany."""
    reach = company_reach(state.company) if state.company else None
    fresh = freshness(state.now, TOPIC)
    selection = state.selection(fresh)
    rows, count = state.listing.page(selection, state.sort, state.page)
    return Found(
        fresh, reach, selection, totals(selection), pane_series(selection), waiting(selection), rows, count)


def _context(state: BillingState, found: Found) -> dict[str, Any]:
    buckets = found.selection.buckets
    context = {
        "company": state.company, "topic": TOPIC, "state": state, "found": found, "sort": state.sort,
        "tables": [(word, listing.title) for word, listing in state.listings.items()],
        "filters": _filters(state), "filtered": bool(_filters(state)), "currency": state.currency,
        "granularities": SERVICE_GRANULARITIES, "granularity_words": GRANULARITY_WORDS[buckets.granularity],
        "coarser": state.granularity not in (None, buckets.granularity), "test_event": TEST_EVENT,
        "last_data": ending_at(state.chosen, _last(state, found)),
        "pager": Pager(state.page, PAGE_ROWS, found.count), "panes": pane_totals(found.counts),
        "table_template": f"pages/billing/{state.show}.html", "nothing": NOTHING[state.show],
        "api": _api_address(state),
        "empty": not (found.totals or found.counts or found.waiting.open_windows or found.waiting.too_late),
    }
    if not found.counts:
        return context
    bars = pane_bars(found.counts, buckets, state.now)
    return context | {"chart": usage_chart(bars).data(), "legend": pane_legend(), "summary": pane_summary(bars)}


def _api_address(state: BillingState) -> str:
    """The same table from the API."""
    of_table = "" if state.show == "companies" else f"/{state.show}"
    chosen, zone = state.chosen, state.chosen.zone.key
    query = {"from": chosen.from_text, "to": chosen.to_text, "company": state.companies, "currency": state.currency}
    named = {name: value for name, value in (query | {"tz": "" if zone == "UTC" else zone}).items() if value}
    return f"/api/v1/billing{of_table}?{urlencode(named, doseq=True)}"


def _last(state: BillingState, found: Found) -> datetime:
    return found.reach.end if found.reach else found.fresh.last_end or state.now


def _filters(state: BillingState) -> list[tuple[str, str, list[str]]]:
    """Each filter of the address: its field, its value, and what stays of the field without it."""
    companies = [] if state.company else [
        ("company", id, [other for other in state.companies if other != id]) for id in state.companies]
    return [*companies, *([("currency", state.currency, [])] if state.currency else [])]


def _csv(state: BillingState) -> HttpResponseBase:
    with one_snapshot():
        selection = state.selection(freshness(state.now, TOPIC))
        if state.company:
            company_reach(state.company)
    zone = state.chosen.zone

    def rows() -> Iterator[Sequence[object]]:
        return (row_cells(row, zone) for row in state.listing.every(selection, state.sort))

    ends = (moment.astimezone(zone) for moment in (state.chosen.start, state.chosen.end))
    subject = "-".join(("billing", *([state.company.replace(":", "-")] if state.company else []), state.show))
    return csv_response(file_name(subject, *ends), columns_of(state.listing.row), within_snapshot(rows))
