"""Values that travel: an accepted event, a rejected message, and where each stands in Kafka."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum

from metering.domain.rollup import HOUR_S, floor_to


class Reason(Enum):
    """Why a message became a dead letter; the first that fits, in this order, wins. CONFLICT comes later."""

    SIZE = "larger than 64 KiB or nested deeper than 8"
    PARSE = "not one JSON object in UTF-8"
    SCHEMA = "a field of another kind, or a key given twice"
    REQUIRED = "a field is missing or null"
    ID = "an identifier breaks its rule"
    RANGE = "a number outside of its range"
    FUTURE = "later than Kafka's append time allows"
    ANCIENT = "older than the age limit, or not after 1970"
    CONFLICT = "the same event_id in the same hour with other content"


@dataclass(frozen=True, order=True)
class Position:
    """One message's place in Kafka."""

    topic: str
    partition: int
    offset: int


@dataclass(frozen=True)
class Rejection:
    """A message that is not counted: why, which field, what was found and a hint for the sender."""

    reason: Reason
    field: str = ""
    found: str = ""
    hint: str = ""


@dataclass(frozen=True)
class Rejected:
    """One message that was not accepted, with its raw bytes (None: a tombstone)."""

    position: Position
    ingest_us: int
    raw: bytes | None
    rejection: Rejection


@dataclass(frozen=True)
class Event:
    """An accepted event. Times are epoch microseconds, UTC; `values` holds the fields but time and event_id.

    `is_timed`: its sender gave the time; else it is Kafka's append time. `added`: what the speed layer added to it,
    which is no content: two copies of an event may have been given different things.
    """

    time_us: int
    values: Mapping[str, object]
    event_id: str | None
    position: Position
    ingest_us: int
    is_timed: bool = True
    added: Mapping[str, object] = field(default_factory=dict)

    @property
    def known(self) -> Mapping[str, object]:
        """What the event says, and what was added to it."""
        return {**self.values, **self.added} if self.added else self.values

    @property
    def hour_us(self) -> int:
        return floor_to(self.time_us, HOUR_S)

    @property
    def identity(self) -> tuple[object, ...]:
        """(event hour, event_id), else the place in Kafka: the same identity is the same event."""
        if self.event_id is not None:
            return (self.hour_us, self.event_id)
        return (self.position.topic, self.position.partition, self.position.offset)

    @property
    def arrival(self) -> tuple[int, int, int]:
        """The order in which the first of an identity is chosen."""
        return (self.ingest_us, self.position.partition, self.position.offset)

    def says_the_same_as(self, other: Event) -> bool:
        """Whether both have the same content. Times that Kafka gave are no content: it gives each copy another."""
        same_time = self.time_us == other.time_us or not (self.is_timed or other.is_timed)
        return same_time and self.values == other.values
