"""This machine's load as samples."""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from typing import Any

from producers.host.readings import Gauge, Machine, Reading
from producers.sending.block import Block
from producers.times import now_ms

LONGEST_S = 3600
"""What one sample may stand for at most."""


@dataclass
class Sampler:
    """Gives a sample a service for the whole seconds since the last round, rounded; for none of them, no sample.

    What rounding leaves goes into the next round, so that over time the samples stand for all of it. After a
    rest longer than a sample may stand for, such as a laptop's sleep, the time before counts as not sampled.
    `covered_s`: the monotonic time up to which the samples stand.
    """

    topic: str
    machine_id: str
    machine: Machine
    gauge: Gauge
    covered_s: float
    _by_service: bool = field(init=False)

    def __post_init__(self) -> None:
        self._by_service = bool(self.gauge.services)
        self.gauge.read(self.machine(processes=self._by_service))

    def __call__(self, now_s: float) -> Block:
        """The samples of one round."""
        elapsed_s = round(now_s - self.covered_s)
        if elapsed_s < 1:
            return Block(self.topic, [], [])
        self.covered_s = now_s if elapsed_s > LONGEST_S else self.covered_s + elapsed_s
        readings = self.gauge.read(self.machine(processes=self._by_service))
        found = samples(self.machine_id, readings, min(elapsed_s, LONGEST_S), now_ms())
        values = [json.dumps(sample).encode() for sample in found]
        return Block(self.topic, [self.machine_id.encode()] * len(values), values)


def samples(machine_id: str, readings: Iterable[Reading], interval_s: int, time_ms: int) -> list[dict[str, Any]]:
    """A sample a reading, each with an event_id of its own that stays with it when it is sent again."""
    return [
        {
            "event_id": str(uuid.uuid4()),
            "timestamp": time_ms / 1000,
            "machine_id": machine_id,
            **asdict(reading),
            "interval_s": interval_s,
        }
        for reading in readings
    ]
