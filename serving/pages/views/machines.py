"""The machines: when each was last heard of, and what today costs."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.views.decorators.http import require_safe

from metering.clock import SystemClock
from serving.costs import Bill, bill_of
from serving.csv_stream import csv_response, file_name
from serving.pages.frame import Pager, page
from serving.pages.machine_state import MachinesState, read_machines
from serving.pages.state import one_of
from serving.pages.views.services import TEST_EVENT
from serving.queries.freshness import freshness
from serving.queries.machines import (
    PAGE_MACHINES,
    RECENT,
    TOPIC,
    MachineHour,
    MachineUse,
    Seen,
    machine_hours,
    machines_seen,
    summed,
)
from serving.queries.snapshot import one_snapshot
from serving.ranges import ParameterFault
from serving.tariff import machine_tariff

TEMPLATE = "pages/machines.html"
HEAD = ("machine", "last_minute", "samples_today", "sampled_s_today", "currency", "cost_today", "finality")

SILENT = timedelta(minutes=5)
"""After it a machine is marked: a sample shows within seconds, and `last_minute` is up to a minute older."""


@dataclass(frozen=True)
class MachineLine:
    """A machine, how long ago its last minute began, and its day until now; no samples today: `today` is None."""

    seen: Seen
    age: timedelta
    today: MachineUse | None
    bill: Bill

    @property
    def costs(self) -> list[tuple[str | None, Decimal | None]]:
        """The day's cost in each currency; one line of nothing where it has no price."""
        found: list[tuple[str | None, Decimal | None]] = [(one.currency, one.total) for one in self.bill.amounts]
        return found or [(None, None)]

    @property
    def is_silent(self) -> bool:
        return self.age > SILENT


@require_safe
def machines(request: HttpRequest) -> HttpResponseBase:
    """The page, or the whole list as CSV; 400 with the fault."""
    now = SystemClock().now()
    try:
        state = read_machines(request.GET, now)
        as_csv = one_of(request.GET, "format", {"html": False, "csv": True}, "html")
    except ParameterFault as fault:
        with one_snapshot():
            fresh = freshness(now, TOPIC)
        return page(request, TEMPLATE, fresh, status=400, fault=fault, recent_days=RECENT.days)
    with one_snapshot():
        fresh = freshness(now, TOPIC)
        lines, count = look(state, None if as_csv else PAGE_MACHINES)
    if as_csv:
        return _csv(state, lines)
    return page(
        request, TEMPLATE, fresh, state=state, lines=lines, sort=state.sort, filtered=bool(state.find),
        recent_days=RECENT.days, pager=Pager(state.page, PAGE_MACHINES, count), test_event=TEST_EVENT)


def look(state: MachinesState, size: int | None) -> tuple[list[MachineLine], int]:
    """The page's machines with their day, or all of them, and how many there are; inside of a snapshot."""
    seen, count = machines_seen(state.now, state.find, state.sort, state.page if size else 1, size)
    hours: dict[str, list[MachineHour]] = defaultdict(list)
    for hour in machine_hours(state.today, *(one.machine for one in seen)):
        hours[hour.machine].append(hour)
    tariff = machine_tariff()
    lines = [
        MachineLine(
            one, max(timedelta(), state.now - one.last_minute),
            summed(hours[one.machine]) if hours[one.machine] else None, bill_of(hours[one.machine], tariff))
        for one in seen]
    return lines, count


def _csv(state: MachinesState, lines: Sequence[MachineLine]) -> HttpResponseBase:
    """A line a machine and currency."""
    zone = state.today.zone
    rows = (
        (line.seen.machine, line.seen.last_minute.astimezone(zone),
         *((line.today.samples, line.today.sampled_s) if line.today else (None, None)), *cost,
         line.bill.finality.value if line.today else None)
        for line in lines for cost in line.costs)
    ends = (moment.astimezone(zone) for moment in (state.today.start, state.today.end))
    return csv_response(file_name("machines", *ends), HEAD, rows)
