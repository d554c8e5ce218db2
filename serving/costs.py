"""A machine's hours priced, and their sums. Every sum is of the lines as they were rounded, so that they add up."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal

from metering.domain.tariff import HourCost, Tariff, TariffVersion, price_hour
from serving.queries.dimensions import Finality, least_certain
from serving.queries.machines import MachineHour


@dataclass(frozen=True)
class PricedHour:
    """An hour with its price; both `version` and `cost` are None where no version of the tariff holds yet."""

    hour: MachineHour
    version: TariffVersion | None
    cost: HourCost | None


@dataclass(frozen=True)
class Amount:
    """A sum of prices in one currency."""

    currency: str
    cpu: Decimal
    memory: Decimal

    @property
    def total(self) -> Decimal:
        return self.cpu + self.memory


@dataclass(frozen=True)
class Bill:
    """Priced hours in their order, and their sum in each currency. `unpriced`: hours without a tariff."""

    lines: Sequence[PricedHour]
    amounts: Sequence[Amount]
    unpriced: int

    @property
    def finality(self) -> Finality:
        """Of the whole: final only where every hour is."""
        return least_certain(line.hour.finality for line in self.lines)

    @property
    def versions(self) -> list[TariffVersion]:
        """The versions that priced any of the hours, the earliest first."""
        used = {line.version.valid_from: line.version for line in self.lines if line.version}
        return [used[since] for since in sorted(used)]


def bill_of(hours: Iterable[MachineHour], tariff: Tariff) -> Bill:
    """Price each hour by the version in force at its start."""
    lines = [_priced(hour, tariff) for hour in hours]
    return Bill(lines, _amounts(lines), sum(line.cost is None for line in lines))


def _priced(hour: MachineHour, tariff: Tariff) -> PricedHour:
    version = tariff.version_at(hour.hour)
    return PricedHour(hour, version, price_hour(version, hour.use) if version else None)


def _amounts(lines: Sequence[PricedHour]) -> list[Amount]:
    """In the order in which the currencies first appear."""
    sums: dict[str, Amount] = {}
    for line in lines:
        if line.version and line.cost:
            before = sums.get(line.version.currency, Amount(line.version.currency, Decimal(0), Decimal(0)))
            sums[before.currency] = Amount(
                before.currency, before.cpu + line.cost.cpu, before.memory + line.cost.memory)
    return list(sums.values())
