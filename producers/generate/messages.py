"""Messages of a chunk: bytes ready for Kafka, and a row of facts for each."""

from __future__ import annotations

import json
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from producers.generate import cast
from producers.generate.chunk import Drawn, Kind, Order
from producers.generate.facts import facts
from producers.generate.faults import BadKind
from producers.sending.block import Block

_EVENT = b'{"event_id":"%b","timestamp":%d.%03d,"id":"%b",%b%d}'
_VIA = [
    f'"antenna_id":"{antenna}","app":"{app}","bytes":'.encode()
    for antenna in cast.ANTENNAS.names for app in cast.APPS.names
]
_CONFLICT_BYTES = 1_000
"""A conflict claims 1 to as many bytes more than its event."""


@dataclass
class Messages:
    """One chunk being sent; `block` gives it out piece by piece, in order.

    In a live plan the pieces' events happen at the time given to `block`; those made before keep theirs, so
    that a duplicate has the very bytes of its event.
    """

    topic: str
    users: cast.Shares
    drawn: Drawn
    order: Order
    bad: tuple[BadKind, ...]
    with_facts: bool

    def __post_init__(self) -> None:
        drawn = self.drawn
        via = drawn.antenna * len(cast.APPS.names) + drawn.app
        self._keys = [self.users.keys[index] for index in drawn.user.tolist()]
        self._via = [_VIA[index] for index in via.tolist()]
        self._sizes = drawn.size.tolist()
        self._time_ms = np.zeros(len(via), dtype=np.int64)
        self._made: list[bytes] = [b""] * len(via)
        if drawn.time_ms is not None:
            self._make(np.arange(len(via)), drawn.time_ms)

    def __len__(self) -> int:
        return len(self.order)

    def block(self, start: int, end: int, now_ms: int) -> Block:
        """Messages `start` to `end`; `now_ms` is when the events of a live plan happen."""
        source, kind = self.order.source[start:end], self.order.kind[start:end]
        if self.drawn.time_ms is None:
            self._make(source[(kind == Kind.GOOD) | (kind == Kind.LATE)], now_ms)
        piece = _Piece(
            values=[self._made[index] for index in source.tolist()],
            size=self.drawn.size[source],
            reasons=[None] * len(source),
        )
        self._spoil(piece, kind, self.order.lot[start:end])
        keys = [self._keys[index] for index in source.tolist()]
        return Block(self.topic, keys, piece.values, self._facts(source, kind, piece))

    def _make(self, events: NDArray[np.intp], place_ms: NDArray[np.int64] | int) -> None:
        """Write the events' bytes; each happened its lateness before its place in the stream."""
        times = place_ms - self.drawn.late_ms[events]
        self._time_ms[events] = times
        ids, keys, via, sizes, made = self.drawn.event_id, self._keys, self._via, self._sizes, self._made
        for index, second, millisecond in zip(
            events.tolist(), (times // 1000).tolist(), (times % 1000).tolist(), strict=True
        ):
            made[index] = _EVENT % (ids[index], second, millisecond, keys[index], via[index], sizes[index])

    def _spoil(self, piece: _Piece, kind: NDArray[np.int8], lot: NDArray[np.float64]) -> None:
        """Turn bad and conflicting messages into what they are to be."""
        for index in np.flatnonzero((kind == Kind.BAD) | (kind == Kind.CONFLICT)).tolist():
            fields = json.loads(piece.values[index] or b"")
            if kind[index] == Kind.BAD:
                bad = self.bad[int(lot[index] * len(self.bad))]
                piece.values[index], piece.reasons[index] = bad.make(_renamed(fields)), bad.reason
            else:
                fields["bytes"] += 1 + int(lot[index] * _CONFLICT_BYTES)
                piece.values[index] = json.dumps(fields, separators=(",", ":")).encode()
                piece.size[index] = fields["bytes"]

    def _facts(self, source: NDArray[np.intp], kind: NDArray[np.int8], piece: _Piece) -> pa.Table | None:
        if not self.with_facts:
            return None
        return facts(
            self.drawn, source, kind, users=self.users, time_ms=self._time_ms[source], size=piece.size,
            reasons=piece.reasons)


@dataclass(frozen=True)
class _Piece:
    """Messages being made; the lists and the array are filled in place."""

    values: list[bytes | None]
    size: NDArray[np.int64]
    reasons: list[str | None]


def _renamed(fields: dict[str, object]) -> dict[str, object]:
    """A bad message is one of its own, not a repeat of the event it was made from."""
    return {**fields, "event_id": "bad-" + str(fields["event_id"])[4:]}
