"""The state of the pages of services and machines, read from their addresses."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.http import QueryDict

from serving.pages.state import (
    GRANULARITIES,
    RangeState,
    Show,
    one_of,
    read_granularity,
    read_ids,
    read_page,
    read_range,
)
from serving.queries.buckets import HOUR, MINUTE, Buckets, Granularity, buckets_of
from serving.queries.freshness import Freshness
from serving.queries.machines import ORDERS
from serving.queries.services import ROW_ORDERS, TOTAL_ORDERS
from serving.ranges import ParameterFault, TimeRange, parse_range

MOST_FOUND = 64  # characters of an id

SERVICE_GRANULARITIES = (GRANULARITIES[0], ("1min", "1 minute"), *GRANULARITIES[1:])
MACHINE_GRANULARITIES = tuple(one for one in GRANULARITIES if one[0] != "5min")


@dataclass(frozen=True)
class CutState(RangeState):
    """A range that a chart cuts into bars; `granularity` None: by its length."""

    granularity: Granularity | None

    def cut_by(self, window: timedelta, fresh: Freshness) -> Buckets:
        """The bars of sums that come in windows of `window`."""
        return buckets_of(self.with_data(fresh), self.granularity, window=window)


@dataclass(frozen=True)
class ServicesState(CutState):
    """The page of services: which ones (empty: all), which table in which order."""

    services: tuple[str, ...]
    show: Show
    sort: str
    page: int

    def cut(self, fresh: Freshness) -> Buckets:
        return self.cut_by(MINUTE, fresh)


@dataclass(frozen=True)
class MachineState(CutState):
    """The page of one machine."""

    machine: str
    page: int

    def cut(self, fresh: Freshness) -> Buckets:
        return self.cut_by(HOUR, fresh)


@dataclass(frozen=True)
class MachinesState:
    """The list of machines. `today`: the day until now in the zone of the address."""

    today: TimeRange
    now: datetime
    find: str
    sort: str
    page: int


def read_services(query: QueryDict, now: datetime) -> ServicesState:
    """Raises ParameterFault for the first parameter that cannot be read."""
    show = one_of(query, "show", {show.value: show for show in Show}, "totals")
    orders, default = (TOTAL_ORDERS, "service") if show is Show.TOTALS else (ROW_ORDERS, "time")
    return ServicesState(
        read_range(query, now), now, read_granularity(query, SERVICE_GRANULARITIES), read_ids(query, "service"),
        show, one_of(query, "sort", {order: order for order in orders}, default), read_page(query))


def read_machine(query: QueryDict, machine: str, now: datetime) -> MachineState:
    """Raises ParameterFault for the first parameter that cannot be read."""
    return MachineState(
        read_range(query, now), now, read_granularity(query, MACHINE_GRANULARITIES), machine, read_page(query))


def read_machines(query: QueryDict, now: datetime) -> MachinesState:
    """Raises ParameterFault for the first parameter that cannot be read."""
    return MachinesState(
        parse_range("now/d", "now", query.get("tz", ""), now), now, read_find(query),
        one_of(query, "sort", {order: order for order in ORDERS}, "id"), read_page(query))


def read_find(query: QueryDict) -> str:
    """A part of an id. Raises ParameterFault."""
    found = query.get("find", "").strip()
    if len(found) > MOST_FOUND or (found and not found.isprintable()):
        raise ParameterFault("find", found, f"a part of an id, at most {MOST_FOUND} characters")
    return found


def read_today(query: QueryDict, now: datetime) -> TimeRange:
    """`from`, `to` and `tz`; today where neither end is named. Raises RangeFault."""
    given_from, given_to = query.get("from", ""), query.get("to", "")
    if not given_from.strip() and not given_to.strip():
        given_from = "now/d"
    return parse_range(given_from, given_to, query.get("tz", ""), now)

