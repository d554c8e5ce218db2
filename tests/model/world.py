"""What the jobs work on: Kafka with its clock, the archive's disk, and the database; and the words for both."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import NamedTuple

from tests.model.database import Database

TOPIC = "devices"
PARTITIONS = (0, 1)
USERS = ("ana", "ben")
HOUR = 4  # ticks of the clock in one event hour
GRACE = 2  # ticks after which an hour that is over may be final
SUPERSEDED_GRACE = 3  # ticks a superseded file stays on disk
CONFLICT, REJECTED = "CONFLICT", "REJECTED"


class Event(NamedTuple):
    """One Kafka message; a rejected one has no hour, one without an event_id is known by its offset."""

    partition: int
    offset: int
    append_time: int
    hour: int | None
    event_id: str | None
    user: str
    value: int

    @property
    def place(self) -> tuple[int, int]:
        """Where the message lies in the topic."""
        return self.partition, self.offset

    @property
    def order(self) -> tuple[int, int, int]:
        """By what the first of one identity is found."""
        return self.append_time, self.partition, self.offset

    @property
    def content(self) -> tuple[str, int]:
        """What two messages of one identity must agree on."""
        return self.user, self.value


class Offsets(NamedTuple):
    """A row of stream_offset: counted are [first, next)."""

    first: int
    next: int


class ListedFile(NamedTuple):
    """A row of archive_file."""

    hour: int
    rows: int
    generation: int
    superseded: int | None = None


class HourState(NamedTuple):
    """A row of hour_state; from complete_before on they are the model's own notes about the moment of finality."""

    published_generation: int
    revision: int
    first_arrival: int
    final: bool = False
    complete_before: int = 0
    final_values: tuple = ()
    final_quotas: tuple = ()
    quotas_then: tuple = ()


class JobFailed(Exception):
    """A job stops by itself: it saw that it must not go on. The next start begins afresh."""


class Damaged(Exception):
    """A file cannot be read, or is not there."""


class World:
    """Everything outside the processes. Kafka's history is kept whole here, so that the invariants can judge."""

    def __init__(self) -> None:
        self.now = 0
        self.database = Database()
        self.database.tables["generation"][TOPIC] = 1
        self.history: dict[int, list[Event | None]] = {partition: [] for partition in PARTITIONS}
        self.log_start = dict.fromkeys(PARTITIONS, 0)
        self.disk: dict[str, tuple[Event, ...]] = {}
        self.damaged: set[str] = set()
        self.written = 0
        self.backup: dict | None = None
        self.seen: Counter[str] = Counter()

    def append(self, partition: int, event: Event | None) -> None:
        """Kafka takes a message; None is an offset without one, such as a transaction's marker."""
        self.history[partition].append(event)

    def log_end(self, partition: int) -> int:
        """The offset the next message will get."""
        return len(self.history[partition])

    def first_offset_since(self, partition: int, time: int) -> int | None:
        """Kafka's lookup by time: the first kept offset appended at or after it."""
        kept = self.history[partition][self.log_start[partition] :]
        return next((event.offset for event in kept if event and event.append_time >= time), None)

    def write_file(self, hour: int, events: Iterable[Event]) -> str:
        """A flushed and renamed file under a name nobody used before; not listed yet."""
        self.written += 1
        path = f"hour={hour}/{self.written}.parquet"
        self.disk[path] = tuple(events)
        return path

    def read_file(self, path: str, rows: int) -> tuple[Event, ...]:
        """The rows of a listed file; Damaged when it is missing, short or unreadable."""
        if path in self.damaged or len(self.disk.get(path, ())) != rows:
            raise Damaged(path)
        return self.disk[path]

    def unlink(self, path: str) -> None:
        """Remove a file; one that is gone already is fine."""
        self.disk.pop(path, None)
        self.damaged.discard(path)

    def note(self, fact: str) -> None:
        """Count a thing that happened, so that a run can show which states it reached."""
        self.seen[fact] += 1
