"""What services used, when, and where their peaks lie."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.views.decorators.http import require_safe

from metering.clock import SystemClock
from serving.pages.frame import Pager, faulty_page, page, picker
from serving.pages.machine_state import SERVICE_GRANULARITIES, ServicesState, read_services
from serving.pages.services_chart import legend, services_chart, services_lines, services_summary
from serving.pages.state import GRANULARITY_WORDS, SHOWS, Show, one_of
from serving.pages.views.services_csv import services_csv
from serving.periods import ending_at
from serving.queries.buckets import HOUR, Bucket
from serving.queries.freshness import Freshness, freshness
from serving.queries.services import (
    PAGE_ROWS,
    TOPIC,
    ServiceSelection,
    ServiceUse,
    service_rows,
    service_series,
    service_totals,
    together,
)
from serving.queries.snapshot import one_snapshot
from serving.ranges import ParameterFault

TEMPLATE = "pages/services.html"
TEST_EVENT = "host --as load --samples 3"
"""The command that the page offers where there is no sample yet."""


@dataclass(frozen=True)
class Found:
    """All that the page shows of one snapshot."""

    fresh: Freshness
    selection: ServiceSelection
    points: list[ServiceUse]
    rows: list[ServiceUse]
    count: int


@require_safe
def services(request: HttpRequest) -> HttpResponseBase:
    """The page, or its table as CSV; 400 with the fault beside its field."""
    now = SystemClock().now()
    try:
        state = read_services(request.GET, now)
        as_csv = one_of(request.GET, "format", {"html": False, "csv": True}, "html")
    except ParameterFault as fault:
        with one_snapshot():
            fresh = freshness(now, TOPIC)
        return faulty_page(request, TEMPLATE, fault, fresh)
    if as_csv:
        return services_csv(state)
    with one_snapshot():
        found = look(state)
    return page(request, TEMPLATE, found.fresh, picker=picker(request, state), **_context(state, found))


def look(state: ServicesState) -> Found:
    """Ask all that the page shows; to be called inside of a snapshot."""
    fresh = freshness(state.now, TOPIC)
    selection = ServiceSelection(state.cut(fresh), state.services)
    asked: Callable[..., tuple[list[ServiceUse], int]] = service_totals if state.show is Show.TOTALS else service_rows
    rows, count = asked(selection, state.sort, state.page)
    return Found(fresh, selection, service_series(selection), rows, count)


def _context(state: ServicesState, found: Found) -> dict[str, Any]:
    buckets, whole = found.selection.buckets, together(found.points)
    context = {
        "state": state, "found": found, "sort": state.sort, "shows": SHOWS, "granularities": SERVICE_GRANULARITIES,
        "filters": [(id, [other for other in state.services if other != id]) for id in state.services],
        "filtered": bool(state.services), "test_event": TEST_EVENT, "topic": TOPIC,
        "last_data": ending_at(state.chosen, found.fresh.last_end or state.now),
        "granularity_words": GRANULARITY_WORDS[buckets.granularity],
        "coarser": state.granularity not in (None, buckets.granularity),
        "lines": [Line(use, buckets.numbered(use.bucket or 1, state.now)) for use in found.rows],
        "pager": Pager(state.page, PAGE_ROWS, found.count), "whole": whole,
    }
    if whole is None:
        return context
    drawn = services_lines(found.points, whole, buckets, state.now)
    return context | {
        "chart": services_chart(drawn).data(), "summary": services_summary(drawn, whole), "legend": legend()}


@dataclass(frozen=True)
class Line:
    """A line of either table; `bucket` belongs to the one over time."""

    use: ServiceUse
    bucket: Bucket

    @property
    def hour(self) -> datetime | None:
        """The hour whose passport tells where the numbers come from; None of a longer bar."""
        return self.bucket.start if self.bucket.end - self.bucket.start <= HOUR else None

    @property
    def service(self) -> str:
        return self.use.service
