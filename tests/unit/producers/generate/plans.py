"""A plan to test with, and all messages of one."""

from __future__ import annotations

from dataclasses import dataclass

import pyarrow as pa

from producers.generate.flow import Flow
from producers.generate.pace import Pace
from producers.generate.plan import Faults, Plan
from producers.generate.streams import GENERATORS

HOUR_MS = 3_600_000
START_MS = 1_613_768_400_000
FAULTS = Faults(late=0.05, duplicates=0.05, conflicts=0.02, bad=0.05)


def plan(
    seed: int = 7, events: int = 12_000, hours: int = 6, faults: Faults = FAULTS, *, age_limited: bool = True
) -> Plan:
    """A range of whole hours from 2021-02-19 21:00 UTC; more events than a chunk holds."""
    return Plan(seed, START_MS, START_MS + hours * HOUR_MS, events, faults, age_limited=age_limited)


@dataclass(frozen=True)
class Sent:
    """All messages of a plan in their order."""

    keys: list[bytes | None]
    values: list[bytes | None]
    facts: pa.Table


def all_of(wanted: Plan, stream: str = "devices") -> Sent:
    """Everything the plan sends, as a generator would send it."""
    flow = Flow(stream, GENERATORS[stream], wanted, Pace(0.0), with_facts=True)
    blocks = list(flow.blocks(lambda: True, lambda seconds: None))
    return Sent(
        keys=[key for block in blocks for key in block.keys],
        values=[value for block in blocks for value in block.values],
        facts=pa.concat_tables(block.facts for block in blocks if block.facts is not None),
    )
