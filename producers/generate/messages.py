"""Messages of a chunk: bytes ready for Kafka, and a row of facts for each."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from producers.generate.bad import BadKind
from producers.generate.chunk import Kind, Order
from producers.sending.block import Block


class Writer(Protocol):
    """Writes the events of a chunk, each known by its number.

    `place_ms`: when each event has its place in the stream; None in a live plan. `made`: the events' bytes, once
    written. `contested`: the number by which a conflict differs from its event.
    """

    keys: list[bytes]
    place_ms: NDArray[np.int64] | None
    made: list[bytes]
    contested: NDArray[np.int64]

    def write(self, events: NDArray[np.intp], place_ms: NDArray[np.int64] | int) -> None:
        """Make the events' bytes; each happened its lateness before its place in the stream."""

    def contradict(self, event: int, lot: float) -> tuple[bytes, int]:
        """Other bytes under the event's identity, and their contested number."""

    def facts(
        self, source: NDArray[np.intp], kind: NDArray[np.int8], contested: NDArray[np.int64],
        reasons: list[str | None],
    ) -> pa.Table:
        """A row for each message made from the events `source`."""


@dataclass
class Messages:
    """One chunk being sent; `block` gives it out piece by piece, in order.

    In a live plan the pieces' events happen at the time given to `block`; those made before keep theirs, so
    that a duplicate has the very bytes of its event.
    """

    topic: str
    writer: Writer
    order: Order
    bad: tuple[BadKind, ...]
    with_facts: bool

    def __post_init__(self) -> None:
        if self.writer.place_ms is not None:
            self.writer.write(np.arange(len(self.writer.keys)), self.writer.place_ms)

    def __len__(self) -> int:
        return len(self.order)

    def block(self, start: int, end: int, now_ms: int) -> Block:
        """Messages `start` to `end`; `now_ms` is when the events of a live plan happen."""
        source, kind = self.order.source[start:end], self.order.kind[start:end]
        if self.writer.place_ms is None:
            self.writer.write(source[(kind == Kind.GOOD) | (kind == Kind.LATE)], now_ms)
        piece = _Piece(
            values=[self.writer.made[index] for index in source.tolist()],
            contested=self.writer.contested[source],
            reasons=[None] * len(source),
        )
        self._spoil(piece, source, kind, self.order.lot[start:end])
        keys = [self.writer.keys[index] for index in source.tolist()]
        facts = self.writer.facts(source, kind, piece.contested, piece.reasons) if self.with_facts else None
        return Block(self.topic, keys, piece.values, facts)

    def _spoil(
        self, piece: _Piece, source: NDArray[np.intp], kind: NDArray[np.int8], lot: NDArray[np.float64]
    ) -> None:
        """Turn bad and conflicting messages into what they are to be."""
        for index in np.flatnonzero(kind == Kind.BAD).tolist():
            bad = self.bad[int(lot[index] * len(self.bad))]
            fields = json.loads(piece.values[index] or b"")
            piece.values[index], piece.reasons[index] = bad.make(_renamed(fields)), bad.reason
        for index in np.flatnonzero(kind == Kind.CONFLICT).tolist():
            piece.values[index], piece.contested[index] = self.writer.contradict(int(source[index]), lot[index])


@dataclass(frozen=True)
class _Piece:
    """Messages being made; the lists and the array are filled in place."""

    values: list[bytes | None]
    contested: NDArray[np.int64]
    reasons: list[str | None]


def _renamed(fields: dict[str, object]) -> dict[str, object]:
    """A bad message is one of its own, not a repeat of the event it was made from."""
    return {**fields, "event_id": "bad-" + str(fields["event_id"])[4:]}
