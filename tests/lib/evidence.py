"""What the checker has read of Kafka, the archive and the database of one stream, as plain rows."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Hashable, Iterable, Iterator
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, NamedTuple

from tests.lib.folded import View, fold
from tests.lib.message_rules import DEFAULT_RULES, HOUR_US, Content, MessageRules
from tests.lib.pane_evidence import PaneEvidence
from tests.lib.streams_told.shapes import StreamTold

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
    added: tuple[Any, ...]
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

    @property
    def hour_us(self) -> int:
        """The start of the event's hour."""
        return self.content[0] // HOUR_US * HOUR_US

    @property
    def event_id(self) -> str | None:
        """What its producer called the event."""
        return self.content[-1]

    @property
    def identity(self) -> Hashable:
        """The event_id within the event hour, else the place in Kafka."""
        return self.place if self.event_id is None else (self.hour_us, self.event_id)

    def says_what(self, other: Row, *, time_may_miss: bool) -> bool:
        """Whether both have one content. Two times that Kafka gave, as none was sent, are no content."""
        if self.content == other.content:
            return True
        by_kafka = time_may_miss and self.content[0] == self.ingest_us and other.content[0] == other.ingest_us
        return by_kafka and self.content[1:] == other.content[1:]


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
    """A row of dead_letter: its raw bytes are the first 4 KiB, with the size and SHA-256 of all."""

    reason: str
    raw: bytes
    size: int
    sha256: str
    ingest_us: int
    is_replayed: bool = False


def digest(value: bytes | None) -> str:
    """The SHA-256 of a message's bytes, of a tombstone's none."""
    return hashlib.sha256(value or b"").hexdigest()


class Hour(NamedTuple):
    """A row of hour_state."""

    published_generation: int
    final: bool
    events: int = 0
    duplicates: int = 0
    conflicts: int = 0


class Choice(NamedTuple):
    """Of published rows the first of each identity, the others, and those of the others with other content."""

    firsts: list[Row]
    repeats: list[Row]
    conflicts: set[Place]


@dataclass
class Evidence:
    """All that is judged of a stream. Made by the readers, or by a test.

    `log_starts` and `log_ends`: the offsets that Kafka holds. `views`: by table or view its rows. `recent`: the rows of
    the last days, as (event_us, partition, offset) → all columns. `kept_since_us`: the first day of them.
    """

    told: StreamTold
    messages: list[Message] = field(default_factory=list)
    log_starts: dict[int, int] = field(default_factory=dict)
    log_ends: dict[int, int] = field(default_factory=dict)
    acknowledged: list[Acknowledged] | None = None
    rows: list[Row] = field(default_factory=list)
    file_faults: list[str] = field(default_factory=list)
    offsets: dict[int, Span] = field(default_factory=dict)
    gaps: list[Gap] = field(default_factory=list)
    dead_letters: dict[Place, DeadLetter] = field(default_factory=dict)
    hours: dict[int, Hour] = field(default_factory=dict)
    views: dict[str, View] = field(default_factory=dict)
    recent: dict[tuple[int, int, int], tuple[Any, ...]] = field(default_factory=dict)
    kept_since_us: int = 0
    panes: PaneEvidence | None = None
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
    def conflict_places(self) -> set[Place]:
        """CONFLICT dead letters."""
        return self.dead_letters.keys() - self.rejected_places

    @cached_property
    def replays(self) -> set[Place]:
        """Messages that are a replayed dead letter once more: an operator sent them, no producer."""
        again = {letter.sha256: place for place, letter in self.dead_letters.items() if letter.is_replayed}
        return {
            (message.partition, message.offset) for message in self.messages
            if again and again.get(digest(message.value), message[:2]) != message[:2]}

    def is_published(self, row: Row) -> bool:
        """Whether the last publish of its hour has counted the row."""
        state = self.hours.get(row.listed_hour_us)
        return state is not None and row.generation <= state.published_generation

    @cached_property
    def published(self) -> Choice:
        """The rows that publishes counted, each identity once."""
        return self.choose(row for row in self.rows if self.is_published(row))

    @cached_property
    def waiting(self) -> list[Row]:
        """The rows of generations that their hour has not published."""
        return [row for row in self.rows if not self.is_published(row)]

    def choose(self, rows: Iterable[Row]) -> Choice:
        """The first of each identity by arrival."""
        chosen = Choice([], [], set())
        firsts: dict[Hashable, Row] = {}
        for row in sorted(rows, key=lambda row: row.order):
            first = firsts.setdefault(row.identity, row)
            if first is not row:
                chosen.repeats.append(row)
                if not first.says_what(row, time_may_miss=not self.told.time.must):
                    chosen.conflicts.add(row.place)
        chosen.firsts.extend(firsts.values())
        return chosen

    @cached_property
    def exact(self) -> dict[str, View]:
        """By rollup what the batch view has to be."""
        return {rollup.name: fold(self.told, rollup, self.published.firsts) for rollup in self.told.rollups}

    @cached_property
    def raw(self) -> dict[str, dict[int, View]]:
        """By rollup and generation what the realtime view has to be."""
        by_generation: dict[int, list[Row]] = defaultdict(list)
        for row in self.waiting:
            by_generation[row.generation].append(row)
        return {
            rollup.name: {one: fold(self.told, rollup, rows) for one, rows in by_generation.items()}
            for rollup in self.told.rollups}

    def was_counted(self, place: Place) -> bool:
        """Whether the stream has passed the offset."""
        span = self.offsets.get(place[0])
        return span is not None and span.first <= place[1] < span.next

    def counted_messages(self) -> Iterator[Message]:
        """What Kafka still holds of the counted offsets."""
        return (message for message in self.messages if self.was_counted((message.partition, message.offset)))

    def unread_messages(self) -> Iterator[Message]:
        """What Kafka holds beyond them."""
        for message in self.messages:
            span = self.offsets.get(message.partition)
            if span is None or message.offset >= span.next:
                yield message
