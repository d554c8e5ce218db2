"""Good events that a drill makes itself, from the scene's draws: each with an identity of its own."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from tests.drills.scene import Scene
from tests.lib.topic import Topic

Event = dict[str, Any]

SUBJECTS = 40
"""Few, so that every window has events of each."""


@dataclass(frozen=True)
class Made:
    """How events of a stream are made and what is served of them.

    `event` makes one of an event time, in epoch seconds. `served` reads (events or None, sum) by a statement;
    `worth` is what an event adds to that sum.
    """

    stream: str
    event: Callable[[random.Random, float], Event]
    topic: Callable[[Scene], Topic]
    served: str
    worth: Callable[[Event], Decimal]


def _identity(rng: random.Random) -> str:
    return f"d{rng.getrandbits(80):020x}"


def device(rng: random.Random, event_time: float) -> Event:
    """An antenna event."""
    return {
        "event_id": _identity(rng), "timestamp": event_time, "id": f"u{rng.randrange(SUBJECTS)}",
        "antenna_id": f"a{rng.randrange(5)}", "app": rng.choice(("SKYPE", "FACETIME", "FACEBOOK")),
        "bytes": rng.randrange(1, 10**6)}


def sample(rng: random.Random, event_time: float) -> Event:
    """A sample of a machine."""
    return {
        "event_id": _identity(rng), "timestamp": event_time, "machine_id": f"m{rng.randrange(SUBJECTS)}",
        "service": rng.choice(("web", "db")), "cpu": rng.randrange(100_000) / 1000, "ram": rng.randrange(101),
        "disk": rng.randrange(101), "interval_s": rng.choice((1, 10))}


def charge(rng: random.Random, event_time: float) -> Event:
    """A charge or a credit of a company, as decimal text."""
    return {
        "event_id": _identity(rng), "timestamp": event_time, "company": f"company-{rng.randrange(SUBJECTS)}",
        "cost": str(Decimal(rng.randrange(-10**8, 10**9)) / 10**6), "currency": rng.choice(("EUR", "USD"))}


DEVICES = Made(
    "devices", device, lambda scene: scene.layers.topic,
    "SELECT coalesce(sum(value), 0) FROM usage WHERE type = 'user_total_bytes'", lambda one: Decimal(one["bytes"]))
SAMPLES = Made(
    "resource_usage", sample, lambda scene: scene.layers.samples,
    "SELECT coalesce(sum(msg_num), 0) FROM service_minute", lambda _: Decimal(1))
CHARGES = Made(
    "billing", charge, lambda scene: scene.layers.billing,
    "SELECT coalesce(sum(cost), 0) FROM company_window", lambda one: Decimal(one["cost"]))
ALL = (DEVICES, SAMPLES, CHARGES)


def worth_of(made: Made, events: list[Event]) -> Decimal:
    """What the events add to what is served, each counted once."""
    return sum(map(made.worth, events), Decimal(0))


def served(scene: Scene, made: Made) -> Decimal:
    """What is served of the stream, in one statement."""
    return Decimal(scene.layers.rows(made.served)[0][0])
