"""This machine's network traffic as antenna events."""

from __future__ import annotations

import json
import uuid
from dataclasses import dataclass, field

from producers.host.counters import Counters, Growth, Meter
from producers.host.identifiers import cleaned
from producers.sending.block import Block
from producers.times import now_ms


@dataclass
class Traffic:
    """Gives the growths since the last round; the first knows none yet and gives each interface's heartbeat."""

    topic: str
    machine: str
    counters: Counters
    meter: Meter = field(default_factory=Meter)

    def __call__(self, now_s: float) -> Block:
        """The events of one round."""
        return block(self.topic, self.machine, list(self.meter.sample(self.counters(), now_s)), now_ms())


def block(topic: str, machine: str, growths: list[Growth], time_ms: int) -> Block:
    """The events of one round, each with an event_id of its own that stays with it when it is sent again."""
    values = [
        json.dumps({
            "event_id": str(uuid.uuid4()),
            "timestamp": time_ms / 1000,
            "id": machine,
            "antenna_id": cleaned(growth.interface, "interface"),
            "app": growth.direction,
            "bytes": growth.size,
        }).encode()
        for growth in growths
    ]
    return Block(topic, [machine.encode()] * len(values), values)
