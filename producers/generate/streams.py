"""What can be generated: one generator a stream."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pyarrow as pa

from metering.streams.billing import BILLING
from metering.streams.devices import DEVICES
from metering.streams.machines import RESOURCE_USAGE
from producers.generate import billing, devices, machines
from producers.generate.bad import BadKind
from producers.generate.chunk import Order
from producers.generate.messages import Writer
from producers.generate.plan import Plan

Chunk = tuple[Writer, Order]


@dataclass(frozen=True)
class Generator:
    """All that the command needs to know of a stream.

    `begin(plan)` gives what draws the plan's chunks by their numbers; `facts` are the columns a truth keeps of a
    message, `totals` what follows from the acknowledged ones.
    """

    topic: str
    begin: Callable[[Plan], Callable[[int], Chunk]]
    bad: tuple[BadKind, ...]
    facts: pa.Schema
    totals: Callable[[pa.Table], dict[str, Any]]


GENERATORS = {
    generator.topic: generator
    for generator in (
        Generator(DEVICES.topic, devices.begin, devices.ALL_BAD, devices.FACTS, devices.totals),
        Generator(RESOURCE_USAGE.topic, machines.begin, machines.ALL_BAD, machines.FACTS, machines.totals),
        Generator(BILLING.topic, billing.begin, billing.ALL_BAD, billing.FACTS, billing.totals),
    )
}
