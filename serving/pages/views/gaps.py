"""Gaps in the offsets: those that nobody has acknowledged yet, and those that somebody has."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.views.decorators.http import require_safe

from metering.clock import SystemClock
from serving.accounts.roles import Role
from serving.csv_rows import columns_of, row_cells
from serving.csv_stream import csv_response
from serving.letters.discard import LONGEST_REASON
from serving.letters.reading import ACKNOWLEDGED, LONGEST_TEXT, GapsState, read_gaps
from serving.pages.frame import Pager, page
from serving.pages.state import one_of
from serving.queries.freshness import freshness
from serving.queries.gaps import ALL_ROWS, PAGE_ROWS, ShownGap, gaps
from serving.queries.snapshot import one_snapshot, within_snapshot
from serving.queries.streams import every_topic
from serving.ranges import ParameterFault

TEMPLATE = "pages/gaps.html"


@require_safe
def gaps_page(request: HttpRequest) -> HttpResponseBase:
    """The page, or all gaps that fit as CSV; 400 with the fault."""
    now = SystemClock().now()
    try:
        state = read_gaps(request.GET, now)
        as_csv = one_of(request.GET, "format", {"html": False, "csv": True}, "html")
    except ParameterFault as fault:
        with one_snapshot():
            fresh = freshness(now)
        return page(request, TEMPLATE, fresh, status=400, fault=fault)
    return _csv(state) if as_csv else _html(request, state)


def _html(request: HttpRequest, state: GapsState) -> HttpResponseBase:
    with one_snapshot():
        fresh, rows = freshness(state.now), gaps(state.selection, state.page)
    count = rows[0].rows if rows else 0
    return page(
        request, TEMPLATE, fresh, state=state, rows=rows, count=count, pager=Pager(state.page, PAGE_ROWS, count),
        topics=every_topic(), choices=list(ACKNOWLEDGED), longest=LONGEST_REASON, longest_text=LONGEST_TEXT,
        may_change=request.user.may(Role.OPERATOR))


def _csv(state: GapsState) -> HttpResponseBase:
    head = [name for name in columns_of(ShownGap) if name != "rows"]

    def rows() -> Iterator[Sequence[object]]:
        return (row_cells(one, state.chosen.zone)[: len(head)] for one in gaps(state.selection, size=ALL_ROWS))

    return csv_response("gaps.csv", head, within_snapshot(rows))
