"""What the API answers of machines. Sums and prices are decimals, written as text so that no digit is lost."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Literal

from ninja import Field, Schema

from serving.api.answers import Finality, Page


class MachineRow(Schema):
    """A machine and the minute of its last sample."""

    machine_id: str
    last_minute: datetime


class MachinePage(Schema):
    """The machines that sent a sample since `since`."""

    since: datetime
    count: int
    page: int
    next: str | None
    rows: list[MachineRow]


class MachineSums(Schema):
    """Sums over samples: of percents, and of percents times the seconds that a sample stands for."""

    cpu: Decimal
    ram: Decimal
    cpu_percent_s: Decimal
    ram_percent_s: Decimal
    sampled_s: int = Field(description="seconds that the samples with a known cpu stand for")
    samples: int


class Marked(Schema):
    """How far the numbers beside it can be trusted."""

    provisional: bool
    finality: Finality


class UsageLine(MachineSums, Marked):
    """A machine's hour [hour, hour + 1 h)."""

    hour: datetime


class MachineUsage(Page, Marked):
    """A machine's hours that start in the range; `total` is the sum of all of them, on every page."""

    machine_id: str
    total: MachineSums
    rows: list[UsageLine]


class CostLine(Marked):
    """An hour's price by the version of the tariff in force at its start; all null where there was none yet."""

    hour: datetime
    cpu: Decimal | None = Field(description="rounded half up to six decimals")
    memory: Decimal | None = Field(description="rounded half up to six decimals")
    cost: Decimal | None = Field(description="cpu + memory")
    currency: str | None
    unit: Literal["percent_hour", "percent_sample"] | None
    cpu_rate: Decimal | None
    memory_rate: Decimal | None
    valid_from: datetime | None = Field(description="since when the version holds")


class CostTotal(Schema):
    """The sum of the hours in a currency."""

    currency: str
    cpu: Decimal
    memory: Decimal
    cost: Decimal


class MachineCost(Page, Marked):
    """A machine's hours that start in the range, priced; `totals` are of all of them, on every page."""

    machine_id: str
    totals: list[CostTotal]
    unpriced_hours: int = Field(description="hours with samples before the tariff's first version")
    rows: list[CostLine]


class FleetLine(MachineSums, Marked):
    """A machine's sums of its hours that start in the range."""

    machine_id: str


class FleetUsage(Page):
    """All machines with samples in the range."""

    rows: list[FleetLine]
