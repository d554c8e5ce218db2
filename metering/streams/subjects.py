"""The subjects of tariffs: in which sum of which rollup each is counted, and which field names the customer."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from fractions import Fraction

from metering.domain.billing.rounding import EXACT_DECIMALS, rounded
from metering.domain.rollup import HOUR_S, Rollup
from metering.domain.stream import Stream
from metering.streams.billing import BILLING, COMPANY_WINDOW
from metering.streams.devices import ANTENNA, APP, BYTES, DEVICES, USER
from metering.streams.machines import MACHINE_MINUTE, RESOURCE_USAGE


@dataclass(frozen=True)
class Subject:
    """A quantity: the sum of `measure` over the rollup's rows by hour in which column `customer` is the customer's id.

    `event_field`: the event's field that becomes that column; `where`: other columns, with the values that they have;
    `by_currency`: only rows in the tariff's currency; `unit`: so much of the measure is one of the subject.
    """

    stream: Stream
    event_field: str
    rollup: Rollup
    customer: str
    measure: str
    where: Mapping[str, str] = field(default_factory=dict)
    by_currency: bool = False
    unit: int = 1

    @property
    def topic(self) -> str:
        return self.stream.topic

    def quantity(self, measured: Decimal | int) -> Decimal:
        """The measure's sum in the subject's unit; what does not end is rounded half even to 12 decimals.

        >>> subject_of("machine_percent_hours", "cpu").quantity(Decimal("1.000"))
        Decimal('0.000277777778')
        """
        return Decimal(measured) if self.unit == 1 else rounded(Fraction(measured) / self.unit, EXACT_DECIMALS)


def _bytes_of(event_field: str, kind: str) -> Subject:
    return Subject(DEVICES, event_field, BYTES, "id", "value", {"type": kind})


def _percent_hours(measure: str) -> Subject:
    return Subject(RESOURCE_USAGE, "machine_id", MACHINE_MINUTE, "machine_id", measure, unit=HOUR_S)


_SUBJECTS = {
    ("user_bytes", ""): _bytes_of("id", USER),
    ("app_bytes", ""): _bytes_of("app", APP),
    ("antenna_bytes", ""): _bytes_of("antenna_id", ANTENNA),
    ("machine_percent_hours", "cpu"): _percent_hours("cpu_percent_s"),
    ("machine_percent_hours", "memory"): _percent_hours("ram_percent_s"),
    ("company_costs", ""): Subject(BILLING, "company", COMPANY_WINDOW, "company", "cost", by_currency=True),
}

TOPICS: Mapping[str, str] = {name: one.topic for (name, _), one in _SUBJECTS.items()}
"""By subject, the topic of its events."""


def subject_of(name: str, of: str = "") -> Subject:
    """`of`: the part of a machine's use. Raises KeyError for what is none."""
    return _SUBJECTS[name, of]


def fields_of(topic: str, names: Collection[str]) -> list[str]:
    """The fields of a topic's events that may be the customer's id, for these subjects."""
    found = (one for (subject, _), one in _SUBJECTS.items() if subject in names and one.topic == topic)
    return sorted({one.event_field for one in found})
