"""Alerts: what was told and how it was judged, the tries to deliver it, the rules and budgets."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.views.decorators.http import require_safe

from metering.clock import SystemClock
from metering.domain.alerts import USUAL_PERCENTS, RuleKind
from serving.accounts.roles import Role
from serving.csv_rows import columns_of, row_cells
from serving.csv_stream import csv_response, file_name
from serving.pages.alert_state import SHOWS, AlertsState, read_alerts
from serving.pages.frame import Pager, faulty_page, page, picker
from serving.pages.state import one_of
from serving.queries.alerts import (
    PAGE_ROWS,
    Alert,
    Delivery,
    KeptRule,
    alert_rules,
    alert_states,
    alerts,
    budgets,
    count_of,
    deliveries,
    every_alert,
    every_delivery,
    outbox_state,
)
from serving.queries.dimensions import TOPIC
from serving.queries.freshness import freshness
from serving.queries.snapshot import one_snapshot, within_snapshot
from serving.ranges import ParameterFault

TEMPLATE = "pages/alerts.html"


@require_safe
def alerts_page(request: HttpRequest) -> HttpResponseBase:
    """The page, or the table it shows as CSV; 400 with the fault beside its field."""
    now = SystemClock().now()
    try:
        state = read_alerts(request.GET, now)
        as_csv = one_of(request.GET, "format", {"html": False, "csv": True}, "html")
    except ParameterFault as fault:
        with one_snapshot():
            fresh = freshness(now, TOPIC)
        return faulty_page(request, TEMPLATE, fault, fresh)
    return _csv(state) if as_csv else show_alerts(request, state)


def show_alerts(
    request: HttpRequest, state: AlertsState, faults: Sequence[ParameterFault] = (),
    typed: Mapping[str, str] | None = None
) -> HttpResponseBase:
    """The page; with faults of a form, what was `typed` in it, and status 400."""
    with one_snapshot():
        fresh = freshness(state.now, TOPIC)
        states, waiting = alert_states(state.selection), outbox_state()
        table = _TABLES[state.show](state)
    count = table.pop("count", None)
    return page(
        request, TEMPLATE, fresh, status=400 if faults else 200, picker=picker(request, state), state=state,
        sort=state.sort, shows=SHOWS, states=states, confirmed=states["confirmed"], waiting=waiting, faults=faults,
        typed=typed or {}, may_change=request.user.may(Role.OPERATOR), filters=_filters(state), kinds=list(RuleKind),
        usual=USUAL_PERCENTS,
        pager=Pager(state.page, PAGE_ROWS, count_of(state.selection, states) if count is None else count), **table)


def _alerts(state: AlertsState) -> dict[str, Any]:
    return {"rows": alerts(state.selection, state.sort, state.page)}


def _deliveries(state: AlertsState) -> dict[str, Any]:
    rows = deliveries(state.chosen, state.alert, state.ids, state.page)
    return {"rows": rows, "count": rows[0].rows if rows else 0}


def _rules(state: AlertsState) -> dict[str, Any]:
    return {"rows": alert_rules(), "budgets": budgets(), "count": 0}


_TABLES = {"alerts": _alerts, "deliveries": _deliveries, "rules": _rules}


def _filters(state: AlertsState) -> list[tuple[str, str, list[str]]]:
    """Each filter of the address: its field, its value, and what stays of the field without it."""
    found = [("state", one, [other for other in state.states if other != one]) for one in state.states]
    found += [("kind", state.kind, [])] if state.kind else []
    found += [("id", one, [other for other in state.ids if other != one]) for one in state.ids]
    return [*found, *([("alert", str(state.alert), [])] if state.alert else [])]


def _csv(state: AlertsState) -> HttpResponseBase:
    zone = state.chosen.zone
    kept: dict[str, tuple[type, Any]] = {
        "alerts": (Alert, lambda: every_alert(state.selection, state.sort)),
        "deliveries": (Delivery, lambda: every_delivery(state.chosen, state.alert, state.ids)),
        "rules": (KeptRule, alert_rules)}
    row, ask = kept[state.show]

    def rows() -> Iterator[Sequence[object]]:
        return (row_cells(one, zone)[: len(head)] for one in ask())

    head = [name for name in columns_of(row) if name != "rows"]
    ends = (moment.astimezone(zone) for moment in (state.chosen.start, state.chosen.end))
    return csv_response(file_name(state.show, *ends), head, within_snapshot(rows))
