"""What would be different: a candidate tariff, another hourly limit. Nothing is written."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.views.decorators.http import require_safe

from metering.clock import SystemClock
from metering.domain.billing.written import written
from serving.csv_rows import columns_of, row_cells
from serving.csv_stream import csv_response, file_name
from serving.pages.frame import Pager, faulty_page, page, picker
from serving.pages.state import one_of
from serving.pages.what_if_state import (
    MOST_CHARACTERS,
    SHOWS,
    FaultyCandidate,
    QuotaWhatIf,
    TariffWhatIf,
    candidate_of,
    read_quota_what_if,
    read_tariff_what_if,
)
from serving.queries.dimensions import TOPIC
from serving.queries.freshness import freshness
from serving.queries.quota_what_if import (
    PAGE_ROWS,
    HourCrossing,
    UserCrossing,
    every_hour_above,
    every_user_above,
    hours_above,
    users_above,
)
from serving.queries.snapshot import one_snapshot, within_snapshot
from serving.queries.tariffs import kept_versions, versions_in_force
from serving.ranges import ParameterFault
from serving.tariff_words import customer_words, price_words, rounding_words, subject_words
from serving.what_if.prices import Comparison, CustomerChange, compare

TARIFF, QUOTA = "pages/what_if.html", "pages/quota_what_if.html"
CHANGE_HEAD = ("customer", "currency", "old", "new", "difference")


@require_safe
def tariff_what_if(request: HttpRequest) -> HttpResponseBase:
    """The form and the answer, or the answer's customers as CSV; 400 with every fault of the candidate."""
    now = SystemClock().now()
    try:
        state = read_tariff_what_if(request.GET, now)
        as_csv = one_of(request.GET, "format", {"html": False, "csv": True}, "html")
        found = compared(state) if state.text.strip() else None
    except ParameterFault as fault:
        return faulty_page(request, TARIFF, fault, None, text=request.GET.get("candidate", ""), most=MOST_CHARACTERS)
    except FaultyCandidate as bad:
        return _tariff_page(request, state, None, bad.faults)
    return _changes_csv(state, found) if as_csv and found else _tariff_page(request, state, found)


def compared(state: TariffWhatIf) -> Comparison:
    """The answer. Raises FaultyCandidate, ParameterFault."""
    candidate = candidate_of(state.text)
    with one_snapshot():
        return compare(candidate, versions_in_force(), (state.chosen.start, state.chosen.end))


def change_cells(found: Comparison, row: CustomerChange) -> Sequence[object]:
    """A customer's row of a CSV file, under CHANGE_HEAD."""
    return row.customer, found.candidate.currency, row.old, row.new, row.difference


def _changes_csv(state: TariffWhatIf, found: Comparison) -> HttpResponseBase:
    ends = (moment.astimezone(state.chosen.zone) for moment in found.span)
    rows = (change_cells(found, row) for row in found.changes)
    return csv_response(file_name("what-if", *ends), CHANGE_HEAD, rows)


def _tariff_page(
    request: HttpRequest, state: TariffWhatIf, found: Comparison | None, faults: Sequence[str] = ()
) -> HttpResponseBase:
    context: dict[str, Any] = {"text": state.text}
    if found:
        rows = found.changes[(state.page - 1) * PAGE_ROWS : state.page * PAGE_ROWS]
        context |= {
            "rows": rows, "pager": Pager(state.page, PAGE_ROWS, len(found.changes)),
            "price": price_words(found.candidate), "rounding": rounding_words(found.candidate),
            "subject": subject_words(found.candidate), "customers": customer_words(found.candidate)}
    with one_snapshot():
        fresh = freshness(state.now)
        offered = [(one.version.name, written(one.version)) for one in kept_versions() if one.holds_at(state.now)]
    if not state.text.strip():
        context["text"] = offered[0][1] if offered else ""
    return page(
        request, TARIFF, fresh, status=400 if faults else 200, picker=picker(request, state), state=state,
        found=found, faults=faults, offered=offered, most=MOST_CHARACTERS, **context)


@require_safe
def quota_what_if(request: HttpRequest) -> HttpResponseBase:
    """The page, or the table it shows as CSV; 400 with the fault beside its field."""
    now = SystemClock().now()
    try:
        state = read_quota_what_if(request.GET, now)
        as_csv = one_of(request.GET, "format", {"html": False, "csv": True}, "html")
    except ParameterFault as fault:
        return faulty_page(request, QUOTA, fault, None, limit_text=request.GET.get("hourly", ""))
    return quota_csv(state) if as_csv else _quota_page(request, state)


def quota_csv(state: QuotaWhatIf) -> HttpResponseBase:
    """The table that the state shows, as CSV."""
    row, ask = {"users": (UserCrossing, every_user_above), "hours": (HourCrossing, every_hour_above)}[state.show]
    head, zone = columns_of(row), state.chosen.zone

    def rows() -> Iterator[Sequence[object]]:
        return (row_cells(one, zone)[: len(head)] for one in ask(state.question))

    ends = (moment.astimezone(zone) for moment in (state.chosen.start, state.chosen.end))
    return csv_response(file_name(f"quota-what-if-{state.show}", *ends), head, within_snapshot(rows))


def _quota_page(request: HttpRequest, state: QuotaWhatIf) -> HttpResponseBase:
    with one_snapshot():
        fresh = freshness(state.now, TOPIC)
        users, sums = users_above(state.question, state.page if state.show == "users" else 1)
        hours, count = hours_above(state.question, state.page) if state.show == "hours" else ([], sums.count)
    return page(
        request, QUOTA, fresh, picker=picker(request, state), state=state, limit_text=state.limit_text, shows=SHOWS,
        users=users, hours=hours, sums=sums, pager=Pager(state.page, PAGE_ROWS, count),
        filters=[(one, [other for other in state.ids if other != one]) for one in state.ids])
