"""Alerts, the tries to deliver them, the rules and budgets."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
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
from serving.pages.alert_state import AlertsState, read_alerts
from serving.queries.alerts import (
    ORDERS,
    Alert,
    Delivery,
    alert_rules,
    alert_states,
    alerts,
    budgets,
    count_of,
    deliveries,
    every_alert,
    every_delivery,
)
from serving.queries.snapshot import one_snapshot, within_snapshot

router = Router(tags=["alerts"])


class AlertQuery(RangeQuery):
    """Of which states, kind and ids. Without a range: of the last seven days."""

    state: list[str] = Field([], description="raised, confirmed, withdrawn, missed; may be repeated")
    kind: Literal["", "quota", "budget"] = Field("", description="both when absent")
    id: list[str] = Field([], description="only these users or customers; may be repeated")
    sort: str = Field("", description=f"{', '.join(ORDERS)} (-time)")


class DeliveryQuery(RangeQuery):
    """Of which alert and ids. Without a range: of the last seven days."""

    alert: str = Field("", description="only the tries of this alert")
    id: list[str] = Field([], description="only these users or customers; may be repeated")


class AlertRow(Schema):
    """A threshold crossed in a period. Sums are text, so that no digit is lost: bytes, or money in `currency`."""

    number: int
    rule: int
    kind: Literal["quota", "budget"]
    percent: int
    id: str
    name: str | None
    currency: str = Field(description="empty for bytes")
    period_start: datetime
    period_end: datetime
    state: Literal["raised", "confirmed", "withdrawn", "missed"]
    value: Decimal
    threshold: Decimal
    raised_at: datetime | None
    judged_at: datetime | None
    delay_s: Decimal | None = Field(description="from the append time of the event that crossed to the raising")
    told_at: datetime
    waiting: int = Field(description="changes of its state that the webhook's receiver has not taken yet")
    tries: int


class AlertPage(Page):
    """The alerts first told in the range."""

    rows: list[AlertRow]


class DeliveryRow(Schema):
    """A try to post a change to the webhook."""

    id: int
    at: datetime
    change: int = Field(description="the idempotency key")
    alert: int
    state: str
    kind: str
    subject: str
    status: int | None = Field(description="null: there was no answer")
    error: str = Field(description="empty where the receiver took it")
    took_s: Decimal | None
    delivered_at: datetime | None


class DeliveryPage(Page):
    """The tries of the range, the latest first."""

    rows: list[DeliveryRow]


class RuleRow(Schema):
    """A rule. `subject` null: of everyone; `ended_at` null: in force."""

    id: int
    kind: str
    percent: int
    subject: str | None
    created_at: datetime
    created_by: str
    ended_at: datetime | None


class BudgetRow(Schema):
    """What a customer may cost in a calendar month."""

    customer: str
    currency: str
    amount: Decimal
    changed_at: datetime
    changed_by: str


@router.get(
    "/alerts", operation_id="alerts", summary="What was told, and how it was judged",
    response={200: AlertPage, 400: Fault})
def alerts_answer(request: HttpRequest, query: Query[AlertQuery]) -> AlertPage | HttpResponseBase:
    """The alerts first told in the range, the latest first."""
    state, limit = read_alerts(request.GET, SystemClock().now()), read_limit(request.GET)
    if wants_csv(request.GET):
        return _csv(state, "alerts", Alert, lambda: every_alert(state.selection, state.sort))
    with one_snapshot():
        rows = alerts(state.selection, state.sort, state.page, limit)
        count = count_of(state.selection, alert_states(state.selection))
    return AlertPage(**_frame(request, state, limit, count), rows=[AlertRow(**_in_zone(row, state)) for row in rows])


@router.get(
    "/alerts/deliveries", operation_id="deliveries", summary="Every try to post a change",
    response={200: DeliveryPage, 400: Fault})
def deliveries_answer(request: HttpRequest, query: Query[DeliveryQuery]) -> DeliveryPage | HttpResponseBase:
    """The tries of the range, the latest first."""
    state, limit = read_alerts(request.GET, SystemClock().now()), read_limit(request.GET)
    if wants_csv(request.GET):
        return _csv(state, "deliveries", Delivery, lambda: every_delivery(state.chosen, state.alert, state.ids))
    with one_snapshot():
        rows = deliveries(state.chosen, state.alert, state.ids, state.page, limit)
    found = [_in_zone(row, state) for row in rows]
    count = rows[0].rows if rows else 0
    return DeliveryPage(
        **_frame(request, state, limit, count),
        rows=[DeliveryRow(**{name: row[name] for name in DeliveryRow.model_fields}) for row in found])


@router.get("/alerts/rules", operation_id="alert_rules", summary="When somebody is told", response=list[RuleRow])
def rules_answer(request: HttpRequest) -> list[Any]:
    """All rules, those in force first."""
    with one_snapshot():
        return alert_rules()


@router.get("/alerts/budgets", operation_id="budgets", summary="What customers may cost", response=list[BudgetRow])
def budgets_answer(request: HttpRequest) -> list[Any]:
    """All budgets."""
    with one_snapshot():
        return budgets()


def _frame(request: HttpRequest, state: AlertsState, limit: int, count: int) -> dict[str, Any]:
    chosen = state.chosen
    return {
        "start": chosen.start.astimezone(chosen.zone), "end": chosen.end.astimezone(chosen.zone),
        "tz": chosen.zone.key, "count": count, "page": state.page,
        "next": next_page(request, state.page, limit, count)}


def _in_zone(row: Any, state: AlertsState) -> dict[str, Any]:
    return dict(zip(columns_of(type(row)), row_cells(row, state.chosen.zone), strict=True))


def _csv(state: AlertsState, name: str, row: type, ask: Any) -> HttpResponseBase:
    head = [column for column in columns_of(row) if column != "rows"]

    def rows() -> Iterator[Sequence[object]]:
        return (row_cells(one, state.chosen.zone)[: len(head)] for one in ask())

    return csv_response(file_name(name, state.chosen.start, state.chosen.end), head, within_snapshot(rows))
