"""Who used what, when: totals and bars of any range, by user, app or antenna."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.views.decorators.http import require_safe

from metering.clock import SystemClock
from serving.charts import Bars, ranked, usage_chart
from serving.pages.frame import Pager, faulty_page, page, picker
from serving.pages.lines import change, legend_lines, time_lines, total_lines
from serving.pages.state import (
    COMPARISONS,
    GRANULARITIES,
    GRANULARITY_WORDS,
    SHOWS,
    Show,
    UsageState,
    one_of,
    read_usage,
)
from serving.pages.summary import summarise
from serving.pages.views.usage_csv import usage_csv
from serving.periods import ending_at
from serving.queries.dimensions import BY, DIMENSIONS, TOPIC
from serving.queries.freshness import Freshness, freshness
from serving.queries.snapshot import one_snapshot
from serving.queries.usage import (
    PAGE_ROWS,
    Before,
    BucketRow,
    Point,
    Selection,
    Totals,
    before,
    bucket_rows,
    series,
    totals,
)
from serving.ranges import ParameterFault

TEMPLATE = "pages/usage.html"


@dataclass(frozen=True)
class Found:
    """All that the page shows of one snapshot."""

    fresh: Freshness
    selection: Selection
    totals: Totals
    points: list[Point]
    rows: list[BucketRow]
    row_count: int
    earlier: Before | None
    earlier_points: list[Point]


@require_safe
def usage(request: HttpRequest) -> HttpResponseBase:
    """The page, or its table as CSV; 400 with the fault beside its field."""
    now = SystemClock().now()
    try:
        state = read_usage(request.GET, now)
        as_csv = one_of(request.GET, "format", {"html": False, "csv": True}, "html")
    except ParameterFault as fault:
        with one_snapshot():
            fresh = freshness(now, TOPIC)
        return faulty_page(request, TEMPLATE, fault, fresh, **_controls(request.GET.get("by", "")))
    if as_csv:
        return usage_csv(state)
    with one_snapshot():
        found = look(state)
    return page(request, TEMPLATE, found.fresh, picker=picker(request, state), **_context(state, found))


def look(state: UsageState) -> Found:
    """Ask all that the page shows; to be called inside of a snapshot."""
    fresh = freshness(state.now, TOPIC)
    selection = Selection(state.cut(fresh), state.dimension, state.ids)
    by_time = state.show is Show.TIMES
    found = totals(selection) if by_time else totals(selection, state.sort, state.page)
    rows, row_count = bucket_rows(selection, state.sort, state.page) if by_time else ([], 0)
    compared = state.compared_selection(selection)
    return Found(
        fresh, selection, found, series(selection), rows, row_count,
        before(compared, [total.id for total in found.rows]) if compared else None,
        series(compared, most=0) if compared else [])


def _context(state: UsageState, found: Found) -> dict[str, Any]:
    buckets, order = found.selection.buckets, ranked(found.points)
    names = {point.id: point.name for point in found.points if point.id and point.name}
    bars = Bars(buckets, found.points, order, names, state.now)
    return _controls(state.dimension.key) | {
        "state": state, "found": found, "dimension": state.dimension, "sort": state.sort,
        "filters": [(id, [other for other in state.ids if other != id]) for id in state.ids],
        "filtered": bool(state.ids),
        "last_data": ending_at(state.chosen, found.fresh.last_end or state.now),
        "granularity_words": GRANULARITY_WORDS[buckets.granularity],
        "coarser": state.granularity not in (None, buckets.granularity),
        "chart": usage_chart(bars, found.earlier_points).data() if found.points else None,
        "summary": summarise(bars, found.totals) if found.points else None,
        "legend": legend_lines(order, names),
        "lines": total_lines(found.totals, found.earlier, order),
        "time_lines": time_lines(found.rows, buckets, state.now),
        "total_change": change(found.totals.total, found.earlier),
        "pager": Pager(
            state.page, PAGE_ROWS, found.row_count if state.show is Show.TIMES else found.totals.ids),
    }


def _controls(by: str) -> dict[str, Any]:
    return {
        "dimensions": DIMENSIONS, "by": by if by in BY else "user", "comparisons": COMPARISONS,
        "granularities": GRANULARITIES, "shows": SHOWS}
