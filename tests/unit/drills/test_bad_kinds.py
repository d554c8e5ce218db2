"""The rows of bad input that the drill sends are judged by both judges as the table says."""

from __future__ import annotations

import json
import random
import time

import pytest

from metering.domain.event import Event, Position
from metering.domain.judge import judge as product_judge
from metering.domain.stream import TimeRules
from metering.streams.devices import DEVICES
from tests.drills.bad_kinds import ACCEPTED, REJECTED, BadKind, mutated
from tests.drills.made import device
from tests.lib.message_rules import judge
from tests.lib.streams_told import TOLD


def both(value: bytes | None) -> tuple[str, str]:
    """The reason by the independent rules and by the product; empty: accepted. Arrived just now."""
    now_ms = int(time.time() * 1000)
    told = judge(TOLD["devices"], value, now_ms)
    found = product_judge(DEVICES, value, Position("devices", 0, 0), now_ms * 1000, TimeRules())
    return told if isinstance(told, str) else "", "" if isinstance(found, Event) else found.reason.name


@pytest.mark.parametrize("kind", [*REJECTED, *ACCEPTED], ids=lambda kind: kind.name)
def test_a_row_gets_the_reason_of_the_table(kind: BadKind) -> None:
    rng = random.Random(7)
    for _ in range(20):
        message = kind.make(rng, device(rng, time.time()))
        value = json.dumps(message).encode() if isinstance(message, dict) else message

        assert both(value) == (kind.reason, kind.reason)


def test_mutations_are_judged_alike_and_reach_most_reasons() -> None:
    rng = random.Random(7)
    seen = set()
    for _ in range(3000):
        told, found = both(mutated(rng, device(rng, time.time() - 5)))
        seen.add(told)
        assert told == found

    assert seen >= {"", "PARSE", "REQUIRED", "ID", "RANGE", "FUTURE", "ANCIENT"}
