"""A plan to test with, all messages of one, and what Kafka took of them."""

from __future__ import annotations

import json
import random
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import pyarrow as pa

from producers.generate.flow import Flow
from producers.generate.pace import Pace
from producers.generate.plan import Faults, Plan
from producers.generate.streams import GENERATORS
from producers.sending.block import Block

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


def acknowledged(sent: Sent, stream: str, lost: float = 0.1) -> Block:
    """The messages as a block, some of them never acknowledged."""
    block, lots = Block(stream, sent.keys, sent.values, sent.facts), random.Random(1)
    for index in range(len(block)):
        if lots.random() < lost:
            block.lose(index, "Kafka did not answer", again=False)
        else:
            block.acknowledge(index, index % 4, index // 4, START_MS + index // 50)
    return block


def first_of_each(block: Block) -> list[dict[str, Any]]:
    """Distinct acknowledged events from the bytes themselves, numbers as decimals."""
    assert block.facts is not None
    kinds = block.facts["kind"].to_pylist()
    places = sorted(
        place for place in zip(block.append_ms, block.partitions, block.offsets, range(len(block)), strict=True)
        if place[2] >= 0 and kinds[place[3]] != "bad")
    found: dict[tuple[int, str], dict[str, Any]] = {}
    for *_, index in places:
        event = json.loads(block.values[index] or b"", parse_float=Decimal)
        found.setdefault((int(event["timestamp"]) // 3600, event["event_id"]), event)
    return list(found.values())
