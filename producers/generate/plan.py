"""What a run will produce, decided before the first event: equal plans give equal bytes."""

from __future__ import annotations

import hashlib
from dataclasses import astuple, dataclass

import numpy as np

CHUNK = 10_000
"""Events drawn at a time, from a random stream of their own: part of the plan, not a matter of speed."""


@dataclass(frozen=True)
class Faults:
    """Shares of the events. Late ones are among the events; the others are messages on top of them."""

    late: float = 0.0
    duplicates: float = 0.0
    conflicts: float = 0.0
    bad: float = 0.0


@dataclass(frozen=True)
class Plan:
    """`events` None: no end. `to_ms` None: live, each event happens when it is sent, from `from_ms` on.

    Times in epoch milliseconds, UTC, half-open. `subjects`: devices, machines or companies that take part.
    `interval_s`: the seconds an event stands for, in a stream whose events do. `age_limited`: whether the product has
    an age limit, so that bad events may be too old.
    """

    seed: int
    from_ms: int
    to_ms: int | None
    events: int | None
    faults: Faults = Faults()
    subjects: int = 20
    interval_s: int | None = None
    age_limited: bool = True

    @property
    def live(self) -> bool:
        return self.to_ms is None

    @property
    def chunks(self) -> int | None:
        return None if self.events is None else -(-self.events // CHUNK)

    @property
    def messages(self) -> int | None:
        """About how many messages it makes, extra ones included."""
        extra = self.faults.duplicates + self.faults.conflicts + self.faults.bad
        return None if self.events is None else round(self.events * (1 + extra))

    def size_of(self, chunk: int) -> int:
        """Events of one chunk; the last one may be shorter."""
        return CHUNK if self.events is None else min(CHUNK, self.events - chunk * CHUNK)

    def randomness(self, chunk: int) -> np.random.Generator:
        """The chunk's own random numbers.

        All that shapes the events goes into them, so that another range, count or share of faults never gives
        the same event_id to another event.
        """
        spacing = () if self.interval_s is None else (self.interval_s,)
        shape = (self.seed, self.from_ms, self.to_ms, self.events, astuple(self.faults), self.subjects, *spacing)
        digest = hashlib.sha256(repr(shape).encode()).digest()
        return np.random.Generator(np.random.PCG64(np.random.SeedSequence([int.from_bytes(digest), chunk])))
