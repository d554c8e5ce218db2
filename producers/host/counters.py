"""Network counters and what they grew by."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

import psutil

SENT, RECEIVED = "sent", "received"
_HEARTBEAT_S = 60.0
_WRAP_AT = 2**32
_WRAP_AT_MOST = 2**30
"""A 32-bit counter that starts again is told from one that was reset by a growth below 1 GiB."""

Totals = Mapping[str, Mapping[str, int]]
"""Interface → direction → bytes since the interface came up."""


class Counters(Protocol):
    """Where totals come from: the machine, or a fake in a test."""

    def __call__(self) -> Totals: ...


def machine_counters(*, loopback: bool = False) -> Totals:
    """Totals of this machine's interfaces, as the kernel has them.

    The loopback interface carries what programs here say to each other, a local Kafka's own traffic too; it is
    left out unless asked for, or where it is the only one.
    """
    states = psutil.net_if_stats()
    totals = {
        interface: {SENT: counted.bytes_sent, RECEIVED: counted.bytes_recv}
        for interface, counted in psutil.net_io_counters(pernic=True, nowrap=False).items()
    }
    outward = {name: counted for name, counted in totals.items() if not _is_loopback(name, states.get(name))}
    return totals if loopback or not outward else outward


def _is_loopback(name: str, state: Any) -> bool:
    return "loopback" in getattr(state, "flags", "").split(",") or name == "lo"


@dataclass(frozen=True)
class Growth:
    """Bytes that an interface moved in one direction since the last sample; 0 is a heartbeat."""

    interface: str
    direction: str
    size: int


@dataclass
class Meter:
    """Turns totals into growths. The first sample of an interface only sets where it starts."""

    last: dict[str, Mapping[str, int]] = field(default_factory=dict)
    spoke_s: dict[str, float] = field(default_factory=dict)

    def sample(self, totals: Totals, now_s: float) -> Iterator[Growth]:
        """Growths since the last sample; a silent interface gives one of 0 bytes a minute."""
        for interface, counted in totals.items():
            before = self.last.get(interface)
            grown = [
                Growth(interface, direction, size) for direction in counted
                if before is not None and (size := growth(before[direction], counted[direction]))
            ]
            if not grown and now_s - self.spoke_s.get(interface, -_HEARTBEAT_S) >= _HEARTBEAT_S:
                grown = [Growth(interface, SENT, 0)]
            if grown:
                self.spoke_s[interface] = now_s
            yield from grown
        self.last = dict(totals)


def growth(before: int, after: int) -> int:
    """Bytes between two readings of a counter.

    A smaller reading means that a 32-bit counter wrapped, where that explains it by less than 1 GiB; else the
    counter began again at 0, and what it shows has come since.

    >>> growth(100, 350), growth(2**32 - 10, 20), growth(5_000, 20)
    (250, 30, 20)
    """
    if after >= before:
        return after - before
    wrapped = after + _WRAP_AT - before
    return wrapped if before < _WRAP_AT and wrapped <= _WRAP_AT_MOST else after
