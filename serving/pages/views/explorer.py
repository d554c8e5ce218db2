"""The explorer: plays searched by words and fields, narrowed by facets, over time and as a table."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.views.decorators.http import require_safe

from metering.clock import SystemClock
from metering.domain.errors import BadSettings, Damaged
from serving.count_charts import CountLine, count_bars
from serving.csv_stream import csv_response, file_name
from serving.pages.explorer_state import (
    ExplorerState,
    by_bucket,
    cut_range,
    facet_boxes,
    filter_chips,
    read_explorer,
)
from serving.pages.frame import faulty_page, page, picker
from serving.pages.state import one_of
from serving.plays.facets import counted, found_in
from serving.plays.find import every, find
from serving.plays.search import COLUMNS, PAGE_ROWS, Found, Place
from serving.plays.terms import FIELDS, NUMBERS
from serving.queries.freshness import freshness
from serving.queries.plays import TOPIC
from serving.queries.snapshot import one_snapshot, within_snapshot
from serving.ranges import ParameterFault

TEMPLATE = "pages/explorer.html"
TIME_COLUMNS = ("timestamp", "ingest_time")
_FIXED: dict[str, Any] = {
    "all_columns": COLUMNS, "number_columns": NUMBERS, "fields": FIELDS}


@require_safe
def explorer(request: HttpRequest) -> HttpResponseBase:
    """The page, or all rows found as CSV; 400 with the fault beside its field."""
    now = SystemClock().now()
    try:
        state = read_explorer(request.GET, now)
        as_csv = one_of(request.GET, "format", {"html": False, "csv": True}, "html")
    except ParameterFault as fault:
        with one_snapshot():
            fresh = freshness(now, TOPIC)
        return faulty_page(request, TEMPLATE, fault, fresh, typed=request.GET.get("q", ""), **_FIXED)
    return _csv(state) if as_csv else _html(request, state)


def _html(request: HttpRequest, state: ExplorerState) -> HttpResponseBase:
    buckets, step = cut_range(state.chosen)
    with one_snapshot():
        fresh = freshness(state.now, TOPIC)
        try:
            found, trouble = find(state.search, state.now, step, state.before), ""
        except (BadSettings, Damaged) as fault:
            found, trouble = None, str(fault)
    context: dict[str, Any] = {"picker": picker(request, state), "state": state, "typed": state.typed, **_FIXED}
    if found is None:
        return page(request, TEMPLATE, fresh, status=503, trouble=trouble, **context)
    counts = by_bucket(found.counts.times, buckets).get("", {})
    return page(
        request, TEMPLATE, fresh, found=found, total=found_in(found.counts.cube, state.search.filters),
        chart=count_bars(buckets, CountLine("plays", "series-1", counts), state.now).data(),
        bars=[(bucket, counts.get(number, 0)) for number, bucket in enumerate(buckets.all(state.now), 1)],
        facets=facet_boxes(counted(found.counts.cube, state.search.filters), request.GET),
        chips=filter_chips(state.search.filters, request.GET), columns=state.columns,
        next_place=_next(found), page_rows=PAGE_ROWS, **context)


def _next(found: Found) -> str:
    return str(Place.of(found.plays[-1])) if found.more else ""


def _csv(state: ExplorerState) -> HttpResponseBase:
    zone = state.chosen.zone

    def rows() -> Iterator[Sequence[object]]:
        for play in every(state.search, state.now):
            yield [play[name].astimezone(zone) if name in TIME_COLUMNS else play[name] for name in state.columns]

    ends = (moment.astimezone(zone) for moment in (state.chosen.start, state.chosen.end))
    return csv_response(file_name("events", *ends), state.columns, within_snapshot(rows))
