"""Rows of the machines' queries as the API's lines."""

from __future__ import annotations

from collections.abc import Iterable
from zoneinfo import ZoneInfo

from serving.api.machine_answers import CostLine, CostTotal, FleetLine, MachineSums, UsageLine
from serving.costs import Bill, PricedHour
from serving.queries.dimensions import Finality
from serving.queries.machines import MachineHour, MachineUse, summed


def usage_line(hour: MachineHour, zone: ZoneInfo) -> UsageLine:
    return UsageLine(hour=hour.hour.astimezone(zone), **_sums(hour), **marks(hour.finality))


def fleet_line(use: MachineUse) -> FleetLine:
    return FleetLine(machine_id=use.machine, **_sums(use), **marks(use.finality))


def total_of(hours: Iterable[MachineHour]) -> MachineSums:
    """The sums of all hours; zeros where there is none."""
    return MachineSums(**_sums(summed(hours)))


def cost_line(line: PricedHour, zone: ZoneInfo) -> CostLine:
    version, cost = line.version, line.cost
    return CostLine(
        hour=line.hour.hour.astimezone(zone), cpu=cost and cost.cpu, memory=cost and cost.memory,
        cost=cost and cost.total, currency=version and version.currency, unit=version and version.unit.value,
        cpu_rate=version and version.cpu, memory_rate=version and version.memory,
        valid_from=version and version.valid_from, **marks(line.hour.finality))


def cost_totals(bill: Bill) -> list[CostTotal]:
    return [
        CostTotal(currency=one.currency, cpu=one.cpu, memory=one.memory, cost=one.total) for one in bill.amounts]


def marks(mark: Finality) -> dict[str, object]:
    """Both ways in which an answer says how far its numbers can be trusted."""
    return {"provisional": mark is Finality.PROVISIONAL, "finality": mark.value}


def _sums(use: MachineUse) -> dict[str, object]:
    sums = use.use
    return {
        "cpu": sums.cpu, "ram": sums.ram, "cpu_percent_s": sums.cpu_percent_s, "ram_percent_s": sums.ram_percent_s,
        "sampled_s": use.sampled_s, "samples": use.samples}
