"""Who went above the quota."""

from __future__ import annotations

from collections.abc import Iterator

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from ninja import Query, Router

from metering.clock import SystemClock
from serving.api.answers import Fault, QuotaPage, QuotaRow, next_page
from serving.api.parameters import QuotaQuery, read_emails, read_limit, wants_csv
from serving.csv_stream import csv_response, file_name
from serving.pages.state import one_of, read_page, read_range
from serving.queries.dimensions import Finality
from serving.queries.quotas import ORDERS, Violation, every_violation, violations
from serving.queries.snapshot import one_snapshot
from serving.ranges import TimeRange

router = Router(tags=["quotas"])


@router.get(
    "/quotas", operation_id="quotas", summary="Hours above quota", response={200: QuotaPage, 400: Fault})
def quotas(request: HttpRequest, query: Query[QuotaQuery]) -> QuotaPage | HttpResponseBase:
    """The hours of the range in which users went above their quota, the latest first."""
    chosen = read_range(request.GET, SystemClock().now())
    limit, page, emails = read_limit(request.GET), read_page(request.GET), read_emails(request.GET)
    sort = one_of(request.GET, "sort", {order: order for order in ORDERS}, "-time")
    if wants_csv(request.GET):
        rows = _csv_rows(chosen, emails, sort)
        return csv_response(file_name("quotas", chosen.start, chosen.end), list(QuotaRow.model_fields), rows)
    with one_snapshot():
        found = violations(chosen, emails, sort, page, limit)
    return QuotaPage(
        start=chosen.start.astimezone(chosen.zone), end=chosen.end.astimezone(chosen.zone), tz=chosen.zone.key,
        count=found.count, page=page, next=next_page(request, page, limit, found.count),
        rows=[_row(violation, chosen) for violation in found.rows])


def _csv_rows(chosen: TimeRange, emails: tuple[str, ...], sort: str) -> Iterator[list[object]]:
    with one_snapshot():
        for violation in every_violation(chosen, emails, sort):
            yield list(dict(_row(violation, chosen)).values())


def _row(violation: Violation, chosen: TimeRange) -> QuotaRow:
    return QuotaRow(
        timestamp=violation.hour.astimezone(chosen.zone), email=violation.email, id=violation.id,
        name=violation.name, usage=violation.usage, quota=violation.quota,
        provisional=violation.finality is Finality.PROVISIONAL, finality=violation.finality.value)
