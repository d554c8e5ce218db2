"""A search, and what it found: the recent part from PostgreSQL, what lies before it from the archive, as one answer."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from serving.plays.facets import Filters, Key
from serving.plays.terms import FIELDS, Terms
from serving.ranges import ParameterFault, TimeRange

PAGE_ROWS = 50
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)

COLUMNS = ("timestamp", *FIELDS[:4], "is_mobile", "level", "name", "age", "gender", "zip", "address", "sign_date",
           "status", "campaign", "linked_with_apps", "send_event", "reason", "probability", "model_version",
           "score_age_s", "features", "partition", "offset", "ingest_time")  # fmt: skip
"""Everything that can be a column of the table, in its order."""

DEFAULT_COLUMNS = (
    "timestamp", "customer_id", "track_id", "level", "is_mobile", "send_event", "reason", "probability")

Play = Mapping[str, Any]
"""A found play: column → value."""


@dataclass(frozen=True, order=True)
class Place:
    """Where a play stands in the table: by time, then by its place in Kafka; the newest is the largest."""

    timestamp: datetime
    partition: int
    offset: int

    def __str__(self) -> str:
        return f"{(self.timestamp - EPOCH) // _MICROSECOND}-{self.partition}-{self.offset}"

    @classmethod
    def of(cls, play: Play) -> Place:
        return cls(play["timestamp"], play["partition"], play["offset"])

    @classmethod
    def read(cls, text: str) -> Place:
        """The place that an address names. Raises ParameterFault."""
        parts = text.split("-")
        if len(parts) != 3 or not all(part.isascii() and part.isdigit() and len(part) < 19 for part in parts):
            raise ParameterFault("page", text, "a place that a link of this table gives")
        try:
            return cls(EPOCH + int(parts[0]) * _MICROSECOND, int(parts[1]) % 2**31, int(parts[2]))
        except OverflowError:
            raise ParameterFault("page", text, "a place that a link of this table gives") from None


@dataclass(frozen=True)
class Search:
    """Which plays: of a half-open range, that hold all terms, narrowed by facets."""

    chosen: TimeRange
    terms: Terms = field(default_factory=Terms)
    filters: Filters = field(default_factory=dict)

    @property
    def start(self) -> datetime:
        return self.chosen.start

    @property
    def end(self) -> datetime:
        return self.chosen.end

    def within(self, start: datetime, end: datetime) -> Search:
        """The same in the part of its range that lies in [start, end); empty where none does."""
        first, last = max(self.start, start), min(self.end, end)
        return replace(self, chosen=replace(self.chosen, start=first, end=max(first, last)))

    @property
    def is_empty(self) -> bool:
        return self.start >= self.end


@dataclass
class Counts:
    """What a search counted: by facet values (its filters left out), and by time with them.

    `times`: (start of a step, value of the facet it is split by, or "") → plays.
    """

    cube: Counter[Key] = field(default_factory=Counter)
    times: Counter[tuple[datetime, str]] = field(default_factory=Counter)

    def add(self, other: Counts) -> None:
        self.cube.update(other.cube)
        self.times.update(other.times)


@dataclass(frozen=True)
class ArchiveRead:
    """What was read behind the recent part: [start, end), from how many hours and rows.

    `is_cut`: the archive goes on before `start`, but was read no further.
    """

    start: datetime
    end: datetime
    hours: int
    rows: int
    is_cut: bool


@dataclass(frozen=True)
class Found:
    """An answer: the counts, a page of plays and whether there are more, and what came from the archive."""

    counts: Counts
    plays: Sequence[Play]
    more: bool
    archive: ArchiveRead | None
