"""Hours in which users went above their quota."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from django.http import HttpRequest, QueryDict
from django.http.response import HttpResponseBase
from django.views.decorators.http import require_safe

from metering.clock import SystemClock
from serving.csv_stream import csv_response, file_name
from serving.pages.frame import Pager, faulty_page, page, picker
from serving.pages.state import MOST_FILTERS, RangeState, one_of, read_page, read_range
from serving.periods import ending_at
from serving.queries.dimensions import TOPIC
from serving.queries.freshness import freshness
from serving.queries.quotas import ORDERS, every_violation, violations
from serving.queries.snapshot import one_snapshot, within_snapshot
from serving.queries.usage import PAGE_ROWS
from serving.ranges import ParameterFault

TEMPLATE = "pages/quotas.html"
HEAD = ("hour", "email", "user", "name", "bytes", "quota", "finality")


@dataclass(frozen=True)
class QuotaState(RangeState):
    """The range, of which mail addresses (empty: all), in which order, which page."""

    emails: tuple[str, ...]
    sort: str
    page: int


@require_safe
def quotas(request: HttpRequest) -> HttpResponseBase:
    """The page, or its table as CSV; 400 with the fault beside its field."""
    now = SystemClock().now()
    try:
        state = QuotaState(
            read_range(request.GET, now), now, _emails(request.GET),
            one_of(request.GET, "sort", {order: order for order in ORDERS}, "-time"), read_page(request.GET))
        as_csv = one_of(request.GET, "format", {"html": False, "csv": True}, "html")
    except ParameterFault as fault:
        with one_snapshot():
            fresh = freshness(now, TOPIC)
        return faulty_page(request, TEMPLATE, fault, fresh)
    return _csv(state) if as_csv else _html(request, state)


def _html(request: HttpRequest, state: QuotaState) -> HttpResponseBase:
    with one_snapshot():
        fresh = freshness(state.now, TOPIC)
        found = violations(state.chosen, state.emails, state.sort, state.page)
    return page(
        request, TEMPLATE, fresh, picker=picker(request, state), state=state, found=found, sort=state.sort,
        filters=[(email, [other for other in state.emails if other != email]) for email in state.emails],
        filtered=bool(state.emails), last_data=ending_at(state.chosen, fresh.last_end or state.now),
        pager=Pager(state.page, PAGE_ROWS, found.count))


def _csv(state: QuotaState) -> HttpResponseBase:
    zone = state.chosen.zone

    def rows() -> Iterator[Sequence[object]]:
        for row in every_violation(state.chosen, state.emails, state.sort):
            yield (row.hour.astimezone(zone), row.email, row.id, row.name, row.usage, row.quota,
                   row.finality.value)

    ends = (moment.astimezone(zone) for moment in (state.chosen.start, state.chosen.end))
    return csv_response(file_name("quotas", *ends), HEAD, within_snapshot(rows))


def _emails(query: QueryDict) -> tuple[str, ...]:
    emails = tuple(dict.fromkeys(email.strip() for email in query.getlist("email") if email.strip()))
    for email in emails:
        if not email.isprintable() or len(email) > 254:
            raise ParameterFault("email", email, "a mail address as the table shows it")
    if len(emails) > MOST_FILTERS:
        raise ParameterFault("email", f"{len(emails)} addresses", f"at most {MOST_FILTERS}")
    return emails
