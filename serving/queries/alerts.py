"""Alerts, the rules and budgets they come of, and the tries to deliver them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import ROUND_CEILING, Decimal

from psycopg2 import sql

from metering.domain.alerts import AlertState, RuleKind
from serving.queries.snapshot import ask, composed, statement, stream
from serving.ranges import TimeRange

PAGE_ROWS = 50
ALL_ROWS = 1_000_000

ORDERS = {
    "-time": "a.told_at DESC, a.number DESC", "time": "a.told_at, a.number",
    "-period": "a.period_start DESC, a.number DESC", "period": "a.period_start, a.number",
    "id": "a.id, a.told_at DESC, a.number", "-id": "a.id DESC, a.told_at DESC, a.number",
    "state": "a.state, a.told_at DESC, a.number", "-state": "a.state DESC, a.told_at DESC, a.number",
    "delay": "a.delay_s NULLS LAST, a.number", "-delay": "a.delay_s DESC NULLS LAST, a.number",
}


@dataclass(frozen=True)
class AlertSelection:
    """Alerts first told in the range; of which states, kind and ids (empty: all)."""

    chosen: TimeRange
    states: tuple[str, ...] = ()
    kind: str = ""
    ids: tuple[str, ...] = ()

    @property
    def parameters(self) -> dict[str, object]:
        return {
            "start": self.chosen.start, "end": self.chosen.end, "states": list(self.states) or None,
            "kind": self.kind or None, "ids": list(self.ids) or None}


@dataclass(frozen=True)
class Alert:
    """An alert. `value` and `threshold` in bytes or in `currency`; `waiting`: changes that no receiver has taken."""

    number: int
    rule: int
    kind: str
    percent: int
    id: str
    name: str | None
    currency: str
    period_start: datetime
    period_end: datetime
    state: str
    value: Decimal
    threshold: Decimal
    raised_at: datetime | None
    judged_at: datetime | None
    delay_s: Decimal | None
    told_at: datetime
    waiting: int
    tries: int

    @property
    def is_quota(self) -> bool:
        return self.kind == RuleKind.QUOTA

    @property
    def whole_value(self) -> int:
        return int(self.value)

    @property
    def whole_threshold(self) -> int:
        """The first whole number that reaches it."""
        return int(self.threshold.to_integral_value(ROUND_CEILING))

    @property
    def share(self) -> str:
        """Of the limit, in percent."""
        if not self.threshold:
            return "no limit"
        return f"{self.value * self.percent / self.threshold:,.0f} %"


@dataclass(frozen=True)
class StateCount:
    """Alerts in a state."""

    state: str
    alerts: int
    median_delay_s: Decimal | None
    longest_delay_s: Decimal | None


@dataclass(frozen=True)
class OutboxState:
    """What waits to be delivered."""

    waiting: int
    oldest: datetime | None
    most_tries: int
    next_try_at: datetime | None
    last_taken: datetime | None


@dataclass(frozen=True)
class Delivery:
    """A try of a change. `status` None: no answer; `error` is empty where it was taken."""

    id: int
    at: datetime
    change: int
    alert: int
    state: str
    kind: str
    subject: str
    status: int | None
    error: str
    took_s: Decimal | None
    delivered_at: datetime | None
    rows: int


@dataclass(frozen=True)
class KeptRule:
    """A rule; `subject` None: of everyone, `ended_at` None: in force."""

    id: int
    kind: str
    percent: int
    subject: str | None
    created_at: datetime
    created_by: str
    ended_at: datetime | None


@dataclass(frozen=True)
class KeptBudget:
    """A customer's budget a calendar month."""

    customer: str
    currency: str
    amount: Decimal
    changed_at: datetime
    changed_by: str


def alerts(selection: AlertSelection, sort: str = "-time", page: int = 1, size: int = PAGE_ROWS) -> list[Alert]:
    """A page of the alerts, ordered by a key of ORDERS."""
    return ask(_question(sort), _paged(selection.parameters, page, size), Alert)


def every_alert(selection: AlertSelection, sort: str = "-time") -> Iterator[Alert]:
    """All pages of `alerts`, streamed; within a snapshot."""
    return stream(_question(sort), selection.parameters | {"limit": None, "offset": 0}, Alert)


def alert_states(selection: AlertSelection) -> dict[str, StateCount]:
    """Every state, with its alerts of the range; those of other states than asked for too."""
    found = {one.state: one for one in ask(statement("alert_states"), selection.parameters, StateCount)}
    return {state.value: found.get(state.value, StateCount(state.value, 0, None, None)) for state in AlertState}


def count_of(selection: AlertSelection, states: Mapping[str, StateCount]) -> int:
    """How many alerts are selected."""
    return sum(one.alerts for state, one in states.items() if not selection.states or state in selection.states)


def outbox_state() -> OutboxState:
    """What waits, over all of time."""
    [found] = ask(statement("outbox_state"), {}, OutboxState)
    return found


def deliveries(
    chosen: TimeRange, alert: int | None = None, ids: Sequence[str] = (), page: int = 1, size: int = PAGE_ROWS
) -> list[Delivery]:
    """A page of the tries of the range, the latest first; of one alert, of some ids."""
    return ask(statement("deliveries"), _paged(_tries(chosen, alert, ids), page, size), Delivery)


def every_delivery(chosen: TimeRange, alert: int | None = None, ids: Sequence[str] = ()) -> Iterator[Delivery]:
    """All pages of `deliveries`, streamed; within a snapshot."""
    return stream(statement("deliveries"), _tries(chosen, alert, ids) | {"limit": None, "offset": 0}, Delivery)


def alert_rules() -> list[KeptRule]:
    """All rules, those in force first."""
    return ask(statement("alert_rules"), {}, KeptRule)


def budgets() -> list[KeptBudget]:
    """All budgets."""
    return ask(statement("budgets"), {}, KeptBudget)


def _question(sort: str) -> sql.Composed:
    return composed("alerts", order=sql.SQL(ORDERS[sort]))


def _tries(chosen: TimeRange, alert: int | None, ids: Sequence[str]) -> dict[str, object]:
    return {"start": chosen.start, "end": chosen.end, "alert": alert, "ids": list(ids) or None}


def _paged(parameters: Mapping[str, object], page: int, size: int) -> dict[str, object]:
    return {**parameters, "limit": size, "offset": (page - 1) * size}
