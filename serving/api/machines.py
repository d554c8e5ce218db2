"""What machines used and what it costs."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from django.http import HttpRequest, QueryDict
from django.http.response import HttpResponseBase
from ninja import Query, Router, Schema

from metering.clock import SystemClock
from serving.api.answers import Fault, next_page
from serving.api.machine_answers import (
    CostLine,
    FleetLine,
    FleetUsage,
    MachineCost,
    MachinePage,
    MachineRow,
    MachineUsage,
    UsageLine,
)
from serving.api.machine_lines import cost_line, cost_totals, fleet_line, marks, total_of, usage_line
from serving.api.parameters import MachinesQuery, RangeQuery, read_limit, wants_csv
from serving.costs import bill_of
from serving.csv_stream import csv_response, file_name
from serving.pages.machine_state import read_find, read_today
from serving.pages.state import one_of, read_page, read_range
from serving.queries.dimensions import least_certain
from serving.queries.machines import (
    ORDERS,
    RECENT,
    MachineHour,
    every_machine_total,
    known_form,
    machine_hours,
    machine_reach,
    machine_totals,
    machines_seen,
)
from serving.queries.snapshot import one_snapshot
from serving.ranges import TimeRange
from serving.tariff import machine_tariff

router = Router(tags=["machines"])
original = Router(tags=["machines"])
"""The addresses of the first version, whose range is today where none is named."""

_ANSWERS = {400: Fault, 404: Fault}


@router.get("/machines", operation_id="machines", summary="Machines and their last samples",
            response={200: MachinePage, 400: Fault})
def machines(request: HttpRequest, query: Query[MachinesQuery]) -> MachinePage | HttpResponseBase:
    """The machines that sent a sample within the last 28 days."""
    now, given = SystemClock().now(), request.GET
    find, sort = read_find(given), one_of(given, "sort", {order: order for order in ORDERS}, "id")
    limit, page = read_limit(given), read_page(given)
    as_csv = wants_csv(given)
    with one_snapshot():
        found, count = machines_seen(now, find, sort, *((1, None) if as_csv else (page, limit)))
    rows = [MachineRow(machine_id=seen.machine, last_minute=seen.last_minute) for seen in found]
    if as_csv:
        return csv_response(file_name("machines", now - RECENT, now), list(MachineRow.model_fields), _cells(rows))
    return MachinePage(
        since=now - RECENT, count=count, page=page, next=next_page(request, page, limit, count), rows=rows)


@router.get("/machines/{machine_id}/usage", operation_id="machine_usage", summary="What a machine used, by hour",
            response={200: MachineUsage, **_ANSWERS})
def machine_usage(
    request: HttpRequest, machine_id: str, query: Query[RangeQuery]
) -> MachineUsage | HttpResponseBase:
    """Sums of a machine's samples by hour; the lines add up to `total`."""
    chosen = read_range(request.GET, SystemClock().now())
    hours, paging = _hours(request.GET, chosen, machine_id)
    if wants_csv(request.GET):
        lines = (usage_line(hour, chosen.zone) for hour in hours)
        return _download(f"usage_{machine_id}", chosen, list(UsageLine.model_fields), lines)
    return MachineUsage(
        **_page(request, chosen, len(hours)), **marks(least_certain(hour.finality for hour in hours)),
        machine_id=machine_id, total=total_of(hours),
        rows=[usage_line(hour, chosen.zone) for hour in hours[paging]])


@router.get("/machines/{machine_id}/cost", operation_id="machine_cost", summary="What a machine costs, by hour",
            response={200: MachineCost, **_ANSWERS})
def machine_cost(request: HttpRequest, machine_id: str, query: Query[RangeQuery]) -> MachineCost | HttpResponseBase:
    """Each hour priced by the tariff's version in force at its start; the lines add up to `totals`."""
    return _cost(request, machine_id, read_range(request.GET, SystemClock().now()))


@original.get("/usage", operation_id="usage_of_machines", summary="What all machines used",
              response={200: FleetUsage, 400: Fault})
def usage_of_machines(request: HttpRequest, query: Query[RangeQuery]) -> FleetUsage | HttpResponseBase:
    """Each machine's sums in the range, today's where none is named."""
    chosen = read_today(request.GET, SystemClock().now())
    limit, page = read_limit(request.GET), read_page(request.GET)
    if wants_csv(request.GET):
        return _download("machines", chosen, list(FleetLine.model_fields), _fleet(chosen))
    with one_snapshot():
        found, count = machine_totals(chosen, page, limit)
    return FleetUsage(**_page(request, chosen, count), rows=[fleet_line(use) for use in found])


@original.get("/cost/{machine_id}", operation_id="cost_of_machine", summary="What a machine costs, by hour",
              response={200: MachineCost, **_ANSWERS})
def cost_of_machine(request: HttpRequest, machine_id: str, query: Query[RangeQuery]) -> MachineCost | HttpResponseBase:
    """As /api/v1/machines/{machine_id}/cost, of today where no range is named."""
    return _cost(request, machine_id, read_today(request.GET, SystemClock().now()))


def _cost(request: HttpRequest, machine_id: str, chosen: TimeRange) -> MachineCost | HttpResponseBase:
    hours, paging = _hours(request.GET, chosen, machine_id)
    bill = bill_of(hours, machine_tariff())
    if wants_csv(request.GET):
        lines = (cost_line(line, chosen.zone) for line in bill.lines)
        return _download(f"cost_{machine_id}", chosen, list(CostLine.model_fields), lines)
    return MachineCost(
        **_page(request, chosen, len(hours)), **marks(bill.finality), machine_id=machine_id,
        totals=cost_totals(bill), unpriced_hours=bill.unpriced,
        rows=[cost_line(line, chosen.zone) for line in bill.lines[paging]])


def _hours(query: QueryDict, chosen: TimeRange, machine_id: str) -> tuple[list[MachineHour], slice]:
    """All hours of the range, and which of them the page shows. Raises ParameterFault and UnknownMachine."""
    limit, page = read_limit(query), read_page(query)
    with one_snapshot():
        hours = machine_hours(chosen, known_form(machine_id))
        if not hours:
            machine_reach(machine_id)
    return hours, slice((page - 1) * limit, page * limit)


def _page(request: HttpRequest, chosen: TimeRange, count: int) -> dict[str, Any]:
    limit, page = read_limit(request.GET), read_page(request.GET)
    return {
        "start": chosen.start.astimezone(chosen.zone), "end": chosen.end.astimezone(chosen.zone),
        "tz": chosen.zone.key, "count": count, "page": page, "next": next_page(request, page, limit, count)}


def _fleet(chosen: TimeRange) -> Iterator[FleetLine]:
    with one_snapshot():
        for use in every_machine_total(chosen):
            yield fleet_line(use)


def _download(subject: str, chosen: TimeRange, head: list[str], lines: Iterator[Any]) -> HttpResponseBase:
    ends = (moment.astimezone(chosen.zone) for moment in (chosen.start, chosen.end))
    return csv_response(file_name(subject.replace(":", "-"), *ends), head, _cells(lines))


def _cells(lines: Sequence[Schema] | Iterator[Schema]) -> Iterator[list[object]]:
    return (list(dict(line).values()) for line in lines)
