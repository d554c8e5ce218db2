"""The state of the alerts page, read from its address."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.http import QueryDict

from metering.domain.alerts import AlertState, RuleKind
from serving.pages.state import RangeState, one_of, read_ids, read_page, read_range
from serving.queries.alerts import ORDERS, AlertSelection
from serving.ranges import ParameterFault, TimeRange, parse_range

SHOWS = (("alerts", "Alerts"), ("deliveries", "Deliveries"), ("rules", "Rules and budgets"))
MOST_NUMBER = 2**63 - 1


@dataclass(frozen=True)
class AlertsState(RangeState):
    """Which table, of which alerts, in which order. `alert`: the tries of this one only."""

    show: str
    states: tuple[str, ...]
    kind: str
    ids: tuple[str, ...]
    alert: int | None
    sort: str
    page: int

    @property
    def selection(self) -> AlertSelection:
        return AlertSelection(self.chosen, self.states, self.kind, self.ids)


def read_alerts(query: QueryDict, now: datetime) -> AlertsState:
    """Raises ParameterFault for the first parameter that cannot be read. Without a range: the last week."""
    return AlertsState(
        _range(query, now), now, one_of(query, "show", {word: word for word, _ in SHOWS}, "alerts"),
        read_states(query), read_kind(query), read_ids(query), read_number(query, "alert"),
        one_of(query, "sort", {order: order for order in ORDERS}, "-time"), read_page(query))


def read_states(query: QueryDict) -> tuple[str, ...]:
    """Every `state`, once each. Raises ParameterFault."""
    known = [state.value for state in AlertState]
    found = tuple(dict.fromkeys(word for word in query.getlist("state") if word))
    for word in found:
        if word not in known:
            raise ParameterFault("state", word, "one of " + ", ".join(known))
    return found


def read_kind(query: QueryDict) -> str:
    """`quota` or `budget`; empty: both. Raises ParameterFault."""
    return one_of(query, "kind", {"": "", **{kind.value: kind.value for kind in RuleKind}}, "")


def read_number(query: QueryDict, field: str) -> int | None:
    """A whole number from 1; None where there is none. Raises ParameterFault."""
    found = query.get(field) or ""
    if not found:
        return None
    if not (found.isascii() and found.isdigit() and len(found) < 20 and 1 <= int(found) <= MOST_NUMBER):
        raise ParameterFault(field, found, "a whole number from 1")
    return int(found)


def _range(query: QueryDict, now: datetime) -> TimeRange:
    if query.get("from") or query.get("to"):
        return read_range(query, now)
    return parse_range("now-7d", "now", query.get("tz", ""), now)
