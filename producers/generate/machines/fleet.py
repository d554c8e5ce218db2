"""Who takes part: machines, and the services that each of them runs."""

from __future__ import annotations

from dataclasses import dataclass

SERVICES = ("web", "database", "cache", "worker")
MOST_MACHINES = 10_000


@dataclass(frozen=True)
class Level:
    """Thousandths of a percent: at night, what the busiest hour adds to it, and how far a reading strays."""

    night: int
    day: int
    stray: int


@dataclass(frozen=True)
class Part:
    """A service on a machine: what sends samples."""

    machine_id: str
    service: str


CPU = {
    "web": Level(6_000, 42_000, 9_000),
    "database": Level(12_000, 30_000, 7_000),
    "cache": Level(2_000, 9_000, 2_500),
    "worker": Level(18_000, 36_000, 16_000),
}
RAM = {
    "web": Level(9_000, 8_000, 1_500),
    "database": Level(34_000, 6_000, 900),
    "cache": Level(22_000, 3_000, 400),
    "worker": Level(7_000, 12_000, 3_000),
}


def parts(machines: int) -> list[Part]:
    """Each machine with its services, machine by machine: every one runs one, every second two, every eighth three.

    >>> [(part.machine_id, part.service) for part in parts(2)]
    [('machine-1', 'web'), ('machine-1', 'database'), ('machine-1', 'cache'), ('machine-2', 'database')]
    """
    return [
        Part(f"machine-{number + 1}", SERVICES[(number + further) % len(SERVICES)])
        for number in range(machines)
        for further in range(1 + (number % 2 == 0) + (number % 8 == 0))
    ]
