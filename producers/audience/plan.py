"""What a run draws, decided before the first customer: equal plans give equal bytes."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from zoneinfo import ZoneInfo

import numpy as np


@dataclass(frozen=True)
class AudiencePlan:
    """Customers and plays of a range [from_s, to_s) in whole epoch seconds, UTC.

    `zone`: whose hours the customers live by, and the rule and the files count in.
    """

    seed: int
    customers: int
    plays: int
    from_s: int
    to_s: int
    zone: ZoneInfo

    @property
    def mark(self) -> str:
        """Begins each event_id: another plan never gives the same id to another event."""
        return self._digest("events").hex()[:12]

    def randomness(self, part: str) -> np.random.Generator:
        """Random numbers for one part of the drawing, such as the clicks; no part disturbs another."""
        return _generator(self._digest(part))

    def of_people(self, part: str) -> np.random.Generator:
        """Random numbers that do not depend on the range: the same people in every range, and live."""
        return _generator(hashlib.sha256(repr((self.seed, self.customers, part)).encode()).digest())

    def _digest(self, part: str) -> bytes:
        shape = (self.seed, self.customers, self.plays, self.from_s, self.to_s, self.zone.key, part)
        return hashlib.sha256(repr(shape).encode()).digest()


def _generator(digest: bytes) -> np.random.Generator:
    return np.random.Generator(np.random.PCG64(np.random.SeedSequence(int.from_bytes(digest))))
