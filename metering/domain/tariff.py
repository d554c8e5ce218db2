"""What a machine's use costs: a tariff's versions, and an hour priced by the one in force at its start."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import Enum
from fractions import Fraction
from math import floor

from metering.domain.rollup import HOUR_S

DECIMALS = 6
"""Digits after the point of every price: each part of an hour's cost is rounded half up to them, nothing else is."""


class Unit(Enum):
    """What a rate is paid for. The value is the tariff file's word."""

    PERCENT_HOUR = "percent_hour"
    """One percent in use for an hour: percent × seconds / 3600."""

    PERCENT_SAMPLE = "percent_sample"
    """One percent in one sample, whatever time the sample stands for."""


@dataclass(frozen=True)
class TariffVersion:
    """Rates that hold from `valid_from` (UTC, inclusive) until the next version's."""

    valid_from: datetime
    currency: str
    unit: Unit
    cpu: Decimal
    memory: Decimal


@dataclass(frozen=True)
class Tariff:
    """Versions, the earliest first. Without any, nothing has a price."""

    versions: tuple[TariffVersion, ...] = ()

    def version_at(self, moment: datetime) -> TariffVersion | None:
        """The version in force at `moment`; None before the first: no tariff, which is not a price of 0."""
        return next((one for one in reversed(self.versions) if one.valid_from <= moment), None)


@dataclass(frozen=True)
class HourUse:
    """A machine's hour: sums of percents, and the same with each sample times the seconds it stands for."""

    cpu_percent_s: Decimal
    ram_percent_s: Decimal
    cpu: Decimal
    ram: Decimal


@dataclass(frozen=True)
class HourCost:
    """An hour's price, in the currency of the version that made it."""

    cpu: Decimal
    memory: Decimal

    @property
    def total(self) -> Decimal:
        """The sum of the two parts as they were rounded."""
        return self.cpu + self.memory


def price_hour(version: TariffVersion, use: HourUse) -> HourCost:
    """An hour's cost by a version, exact but for the one rounding of each part.

    >>> from datetime import UTC
    >>> since = datetime(2020, 1, 1, tzinfo=UTC)
    >>> version = TariffVersion(since, "EUR", Unit.PERCENT_HOUR, Decimal("0.05"), Decimal("0.01"))
    >>> price_hour(version, HourUse(Decimal("90000.000"), Decimal("1.800"), Decimal(0), Decimal(0)))
    HourCost(cpu=Decimal('1.250000'), memory=Decimal('0.000005'))
    """
    if version.unit is Unit.PERCENT_SAMPLE:
        return HourCost(_rounded(version.cpu, use.cpu), _rounded(version.memory, use.ram))
    return HourCost(
        _rounded(version.cpu, use.cpu_percent_s, HOUR_S), _rounded(version.memory, use.ram_percent_s, HOUR_S))


def _rounded(rate: Decimal, amount: Decimal, parts: int = 1) -> Decimal:
    """rate × amount / parts, half up. Fractions, since a decimal division rounds once more before it."""
    exact = Fraction(rate) * Fraction(amount) / parts
    return Decimal(f"{floor(exact * 10**DECIMALS + Fraction(1, 2))}e-{DECIMALS}")
