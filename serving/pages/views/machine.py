"""One machine: its hours, and what they cost."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from django.http import Http404, HttpRequest
from django.http.response import HttpResponseBase
from django.views.decorators.http import require_safe

from metering.clock import SystemClock
from serving.charts import usage_chart
from serving.costs import Bill, PricedHour, bill_of
from serving.csv_stream import csv_response, file_name
from serving.pages.cost_bars import charted_currency, cost_bars, cost_legend, cost_summary
from serving.pages.frame import Pager, faulty_page, page, picker
from serving.pages.machine_state import MACHINE_GRANULARITIES, MachineState, read_machine
from serving.pages.state import GRANULARITY_WORDS, one_of
from serving.periods import ending_at
from serving.queries.buckets import HOUR, Buckets
from serving.queries.freshness import Freshness, freshness
from serving.queries.machines import TOPIC, Reach, UnknownMachine, known_form, machine_hours, machine_reach, summed
from serving.queries.snapshot import one_snapshot
from serving.ranges import ParameterFault
from serving.tariff import machine_tariff

TEMPLATE = "pages/machine.html"
PAGE_HOURS = 168  # a week
HEAD = (
    "hour", "cpu", "ram", "cpu_percent_s", "ram_percent_s", "sampled_s", "samples", "cpu_cost", "memory_cost", "cost",
    "currency", "unit", "cpu_rate", "memory_rate", "finality")


@dataclass(frozen=True)
class Found:
    """All that the page shows of one snapshot."""

    fresh: Freshness
    reach: Reach
    buckets: Buckets
    bill: Bill


@require_safe
def machine(request: HttpRequest, machine_id: str) -> HttpResponseBase:
    """The page, or all of its hour lines as CSV; 400 with the fault beside its field, 404 for an unknown machine."""
    now = SystemClock().now()
    try:
        state = read_machine(request.GET, machine_id, now)
        as_csv = one_of(request.GET, "format", {"html": False, "csv": True}, "html")
    except ParameterFault as fault:
        with one_snapshot():
            fresh = freshness(now, TOPIC)
        return faulty_page(request, TEMPLATE, fault, fresh, machine=machine_id)
    try:
        with one_snapshot():
            found = look(state)
    except UnknownMachine as fault:
        raise Http404 from fault
    if as_csv:
        return _csv(state, found.bill)
    return page(request, TEMPLATE, found.fresh, picker=picker(request, state), **_context(state, found))


def look(state: MachineState) -> Found:
    """Ask all that the page shows; to be called inside of a snapshot. Raises UnknownMachine."""
    reach = machine_reach(known_form(state.machine))
    fresh = freshness(state.now, TOPIC)
    hours = machine_hours(state.with_data(fresh), state.machine)
    return Found(fresh, reach, state.cut(fresh), bill_of(hours, machine_tariff()))


def _context(state: MachineState, found: Found) -> dict[str, Any]:
    bill, buckets = found.bill, found.buckets
    bars = cost_bars(bill, buckets, state.now)
    first = (state.page - 1) * PAGE_HOURS
    return {
        "machine": state.machine, "topic": TOPIC, "state": state, "found": found, "bill": bill, "reach": found.reach,
        "total": summed(line.hour for line in bill.lines), "lines": bill.lines[first:first + PAGE_HOURS],
        "pager": Pager(state.page, PAGE_HOURS, len(bill.lines)), "granularities": MACHINE_GRANULARITIES,
        "granularity_words": GRANULARITY_WORDS[buckets.granularity], "tariff": machine_tariff(),
        "coarser": state.granularity not in (None, buckets.granularity),
        "last_data": ending_at(state.chosen, found.reach.last_hour + HOUR),
        "chart": usage_chart(bars).data() if bars.points else None, "legend": cost_legend(bars),
        "summary": cost_summary(bars) if bars.points else None, "currency": charted_currency(bill),
        "foot": bill.amounts or [None],
    }


def _csv(state: MachineState, bill: Bill) -> HttpResponseBase:
    ends = (moment.astimezone(state.chosen.zone) for moment in (state.chosen.start, state.chosen.end))
    name = file_name(f"machine_{state.machine.replace(':', '-')}", *ends)
    return csv_response(name, HEAD, _rows(state, bill.lines))


def _rows(state: MachineState, lines: Sequence[PricedHour]) -> Iterator[Sequence[object]]:
    for line in lines:
        hour, use, cost, version = line.hour, line.hour.use, line.cost, line.version
        yield (
            hour.hour.astimezone(state.chosen.zone), use.cpu, use.ram, use.cpu_percent_s, use.ram_percent_s,
            hour.sampled_s, hour.samples, cost and cost.cpu, cost and cost.memory, cost and cost.total,
            version and version.currency, version and version.unit.value, version and version.cpu,
            version and version.memory, hour.finality.value)
