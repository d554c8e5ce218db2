"""What all streams draw alike: identities, lateness, and the order in which events and faults are sent."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum

import numpy as np
from numpy.typing import NDArray

from producers.generate.plan import Plan

_HEX = np.frombuffer(b"0123456789abcdef", dtype=np.uint8)
_UUID_DASHES = (8, 13, 18, 23)
_UUID_DIGITS = [place for place in range(36) if place not in _UUID_DASHES]

_REPEATED_WITHIN = 200
"""A duplicate or conflict follows its event by at most as many events."""

EARLIEST_MS, LATEST_MS = 3_600_000, 3 * 3_600_000
"""A late event happened as long before its place in the stream, so in an hour gone by."""


class Kind(IntEnum):
    """What a message is; the names stand in acknowledged.parquet, in lower case."""

    GOOD = 0
    DUPLICATE = 1
    LATE = 2
    BAD = 3
    CONFLICT = 4


@dataclass(frozen=True)
class Order:
    """The messages of a chunk as sent: the event each is made from, its kind, and a number for its fault."""

    source: NDArray[np.intp]
    kind: NDArray[np.int8]
    lot: NDArray[np.float64]

    def __len__(self) -> int:
        return len(self.source)


def lateness(random: np.random.Generator, events: int, share: float) -> NDArray[np.int64]:
    """How far before its place in the stream each event happened, in ms: more than an hour, or 0."""
    late = random.random(events) < share
    spread_ms = LATEST_MS - EARLIEST_MS
    delays = LATEST_MS - (random.random(events) * spread_ms).astype(np.int64)
    return np.where(late, delays, 0)


def order(plan: Plan, random: np.random.Generator, late_ms: NDArray[np.int64]) -> Order:
    """The events in their order, with the extra messages strewn in after the event each is made from."""
    events = len(late_ms)
    kinds = [np.where(late_ms > 0, Kind.LATE, Kind.GOOD)]
    sources = [np.arange(events)]
    places = [np.arange(events, dtype=np.float64)]
    for kind, share in (
        (Kind.DUPLICATE, plan.faults.duplicates), (Kind.CONFLICT, plan.faults.conflicts), (Kind.BAD, plan.faults.bad),
    ):
        chosen = np.flatnonzero(random.random(events) < share)
        kinds.append(np.full(len(chosen), kind))
        sources.append(chosen)
        places.append(chosen + random.random(len(chosen)) * _REPEATED_WITHIN)
    sent = np.argsort(np.concatenate(places), kind="stable")
    return Order(
        source=np.concatenate(sources)[sent],
        kind=np.concatenate(kinds)[sent].astype(np.int8),
        lot=random.random(len(sent)),
    )


def uuids(random: np.random.Generator, count: int) -> list[bytes]:
    """Texts in the form of a UUID, 36 bytes each."""
    raw = np.frombuffer(random.bytes(16 * count), dtype=np.uint8).reshape(count, 16)
    text = np.full((count, 36), ord("-"), dtype=np.uint8)
    text[:, _UUID_DIGITS[0::2]] = _HEX[raw >> 4]
    text[:, _UUID_DIGITS[1::2]] = _HEX[raw & 15]
    texts: list[bytes] = text.view("S36").ravel().tolist()
    return texts
