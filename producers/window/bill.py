"""The running cost of what was sent: hour by hour as the product prices it, so that the two agree."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from metering.domain.rollup import HOUR_S
from metering.domain.tariff import HourUse, Tariff, TariffVersion, Unit, price_hour

_NOTHING = HourUse(Decimal(0), Decimal(0), Decimal(0), Decimal(0))
_UNITS = {Unit.PERCENT_HOUR: "per percent and hour", Unit.PERCENT_SAMPLE: "per percent and sample"}


@dataclass
class Bill:
    """What the samples so far cost by a tariff. Each hour is priced by the version in force at its start, UTC."""

    tariff: Tariff
    _uses: dict[datetime, HourUse] = field(default_factory=lambda: defaultdict(lambda: _NOTHING))

    def add(self, sample: Mapping[str, Any]) -> None:
        """Count a sample in; an unknown reading costs nothing."""
        hour = datetime.fromtimestamp(sample["timestamp"] // HOUR_S * HOUR_S, UTC)
        cpu, ram = (Decimal(str(sample[name] or 0)) for name in ("cpu", "ram"))
        before, seconds = self._uses[hour], sample["interval_s"]
        self._uses[hour] = HourUse(
            before.cpu_percent_s + cpu * seconds, before.ram_percent_s + ram * seconds, before.cpu + cpu,
            before.ram + ram)

    @property
    def total(self) -> str:
        """The sum with its currency; of several currencies, each sum."""
        sums: dict[str, Decimal] = defaultdict(Decimal)
        for hour, use in self._uses.items():
            if version := self.tariff.version_at(hour):
                sums[version.currency] += price_hour(version, use).total
        if not sums and (version := self.tariff.version_at(datetime.now(UTC))):
            sums[version.currency] = Decimal(0)
        return " + ".join(f"{total:.6f} {currency}" for currency, total in sums.items()) or "no tariff"

    @property
    def terms(self) -> str:
        """Rates, unit and since when, of the version in force now."""
        version = self.tariff.version_at(datetime.now(UTC))
        return _terms(version) if version else "no tariff is in force"


def _terms(version: TariffVersion) -> str:
    return (f"cpu {version.cpu}, memory {version.memory} {version.currency} {_UNITS[version.unit]}, "
            f"since {version.valid_from:%Y-%m-%d}")
