"""A block of messages and what became of each."""

from __future__ import annotations

from array import array
from collections.abc import Sequence
from dataclasses import dataclass, field

import pyarrow as pa


@dataclass
class Block:
    """Messages of one topic in the order they are sent; `values` may hold None, a tombstone.

    `facts` is a row a message for whoever keeps account of them (generate/truth.py). A client's thread writes
    the acknowledgements, the thread that sends reads them. A message is settled once, by its acknowledgement
    or by its loss.
    """

    topic: str
    keys: Sequence[bytes | None]
    values: Sequence[bytes | None]
    facts: pa.Table | None = None
    partitions: array[int] = field(init=False)
    offsets: array[int] = field(init=False)
    append_ms: array[int] = field(init=False)
    losses: dict[int, Loss] = field(init=False, default_factory=dict)
    acknowledged: int = field(init=False, default=0)

    def __post_init__(self) -> None:
        self.partitions = array("i", [-1]) * len(self.values)
        self.offsets = array("q", [-1]) * len(self.values)
        self.append_ms = array("q", [-1]) * len(self.values)

    def __len__(self) -> int:
        return len(self.values)

    @property
    def settled(self) -> bool:
        return self.acknowledged + len(self.losses) == len(self.values)

    def acknowledge(self, index: int, partition: int, offset: int, append_ms: int) -> None:
        """Kafka holds the message. `append_ms` is Kafka's own time, epoch milliseconds."""
        self.partitions[index] = partition
        self.offsets[index] = offset
        self.append_ms[index] = append_ms
        self.acknowledged += 1

    def lose(self, index: int, why: str, *, again: bool) -> None:
        """The client gave the message up; `again` tells whether sending it once more may help."""
        self.losses[index] = Loss(why, again)

    def only(self, indices: Sequence[int]) -> Block:
        """A fresh block of some of its messages, for another try."""
        return Block(
            self.topic,
            [self.keys[index] for index in indices],
            [self.values[index] for index in indices],
            self.facts.take(pa.array(indices, pa.int64())) if self.facts is not None else None,
        )

    def unacknowledged(self) -> list[int]:
        """Indices of the messages that Kafka has not acknowledged, so far or for good."""
        return [index for index, partition in enumerate(self.partitions) if partition < 0]


@dataclass(frozen=True)
class Loss:
    """Why a message was not acknowledged, and whether another try may help."""

    why: str
    again: bool
