"""What the checker has read of Kafka, the archive and the database, as plain rows."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from typing import NamedTuple

from tests.lib.message_rules import DEFAULT_RULES, Content, MessageRules

Place = tuple[int, int]  # partition, offset
CONFLICT = "CONFLICT"


class Message(NamedTuple):
    """A message as Kafka holds it."""

    partition: int
    offset: int
    append_ms: int
    value: bytes | None


class Row(NamedTuple):
    """A row of a listed file that is not superseded, with what the list says of its file."""

    content: Content
    partition: int
    offset: int
    ingest_us: int
    listed_hour_us: int
    generation: int

    @property
    def place(self) -> Place:
        """Partition and offset."""
        return self.partition, self.offset

    @property
    def order(self) -> tuple[int, int, int]:
        """By what the first of an identity is found."""
        return self.ingest_us, self.partition, self.offset


class Acknowledged(NamedTuple):
    """A message that Kafka acknowledged to its producer, with the event time it was sent with."""

    partition: int
    offset: int
    event_id: str | None
    event_us: int | None


class Span(NamedTuple):
    """A row of stream_offset: [first, next) was counted."""

    first: int
    next: int


class Gap(NamedTuple):
    """A row of offset_gap, both ends inclusive."""

    partition: int
    first: int
    last: int


class DeadLetter(NamedTuple):
    """A row of dead_letter."""

    reason: str
    raw: bytes


class Hour(NamedTuple):
    """A row of hour_state."""

    published_generation: int
    final: bool


SumKey = tuple[int, str, str]  # start of the window in microseconds, type, id


@dataclass
class Evidence:
    """All that is judged. Made by the readers, or by a test."""

    messages: list[Message] = field(default_factory=list)
    log_ends: dict[int, int] = field(default_factory=dict)
    acknowledged: list[Acknowledged] | None = None
    rows: list[Row] = field(default_factory=list)
    file_faults: list[str] = field(default_factory=list)
    offsets: dict[int, Span] = field(default_factory=dict)
    gaps: list[Gap] = field(default_factory=list)
    dead_letters: dict[Place, DeadLetter] = field(default_factory=dict)
    hours: dict[int, Hour] = field(default_factory=dict)
    sums: dict[str, dict[SumKey, int]] = field(default_factory=dict)
    rules: MessageRules = DEFAULT_RULES

    @cached_property
    def gap_places(self) -> set[Place]:
        """Every offset in a recorded gap."""
        return {(gap.partition, offset) for gap in self.gaps for offset in range(gap.first, gap.last + 1)}

    @cached_property
    def rejected_places(self) -> set[Place]:
        """Dead letters but CONFLICT, whose rows are in the archive as well."""
        return {place for place, letter in self.dead_letters.items() if letter.reason != CONFLICT}

    @cached_property
    def published_rows(self) -> dict[int, list[Row]]:
        """By hour: the rows its last publish counted, in the order of arrival."""
        return self._by_hour(published=True)

    @cached_property
    def waiting_rows(self) -> dict[int, list[Row]]:
        """By hour: the rows of generations that it has not published."""
        return self._by_hour(published=False)

    def _by_hour(self, *, published: bool) -> dict[int, list[Row]]:
        found: dict[int, list[Row]] = defaultdict(list)
        for row in self.rows:
            state = self.hours.get(row.listed_hour_us)
            if (state is not None and row.generation <= state.published_generation) == published:
                found[row.listed_hour_us].append(row)
        return {hour: sorted(rows, key=lambda row: row.order) for hour, rows in found.items()}

    def was_counted(self, place: Place) -> bool:
        """Whether the stream has passed the offset."""
        span = self.offsets.get(place[0])
        return span is not None and span.first <= place[1] < span.next

    def counted_messages(self) -> Iterator[Message]:
        """What Kafka still holds of the counted offsets."""
        return (message for message in self.messages if self.was_counted((message.partition, message.offset)))
