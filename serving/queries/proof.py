"""Each hour of each stream counted twice: what the fast count and the exact count say, and whether they agree."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import Enum
from itertools import groupby

from metering.streams import STREAMS
from serving.queries.snapshot import ask, statement
from serving.queries.streams import ProvenType, equal_types, types_of
from serving.ranges import TimeRange

PAGE_HOURS = 48  # hours of a stream
MOST_OPEN_LINES = 3

Number = int | Decimal
"""An exact sum: whole, or with the decimals of its measure."""


class Verdict(Enum):
    """What the latest proof of an hour says. `NOT_YET`: only the fast count is there."""

    PROVEN = "proven"
    FAILED = "failed"
    NOT_YET = "not yet"


@dataclass(frozen=True)
class Count:
    """One hour by one type, in the measure's unit; None where no run has looked at it yet.

    `realtime` and `archive` are what the latest run took over (fast count, and the same read back from the
    archive), `batch` the exact count of the whole hour, `duplicates` its repeats. `fast` is all that runs took
    over, the latest even where its proof failed, so that fast = batch + duplicates in a proven hour.
    """

    of: ProvenType
    realtime: Number | None
    archive: Number | None
    batch: Number | None
    duplicates: Number | None
    fast: Number | None
    ok: bool | None
    why: str

    @property
    def difference(self) -> Number | None:
        """Fast count less exact count less duplicates: 0 when the two counts agree."""
        if self.fast is None or self.batch is None or self.duplicates is None:
            return None
        return self.fast - self.batch - self.duplicates

    @property
    def numbers(self) -> tuple[Number | None, ...]:
        return (self.realtime, self.archive, self.batch, self.duplicates, self.fast)


@dataclass(frozen=True)
class Line:
    """A line of the page: one type, or several (`alike`) that must be and are the same."""

    count: Count
    alike: tuple[str, ...] = ()


@dataclass(frozen=True)
class HourProof:
    """One hour (UTC) of a topic with its counts by type, and what is kept of the hour.

    `run` is the latest run, or None. `events` and `repeats` are of the published hour, `waiting` the archived
    events that no publish has taken over yet: late ones, or the hour is not over.
    """

    topic: str
    hour: datetime
    run: int | None
    proved_at: datetime | None
    counts: tuple[Count, ...]
    waiting: int
    revision: int | None
    events: int | None
    repeats: int | None
    conflicts: int | None
    final: bool
    failed: str

    @property
    def verdict(self) -> Verdict:
        if self.failed or any(count.ok is False for count in self.counts):
            return Verdict.FAILED
        # A type declared since then has no proof in the hours before it.
        return Verdict.PROVEN if any(count.ok for count in self.counts) else Verdict.NOT_YET

    @property
    def why(self) -> str:
        """What failed, the hour's own note first."""
        return self.failed or next((count.why for count in self.counts if count.why), "")

    @property
    def lines(self) -> tuple[Line, ...]:
        """A line a type; one for all types that have to be the same and are. None before the first proof."""
        if self.run is None:
            return ()
        groups = {type: tuple(group) for group in self._agreed() for type in group}
        by_group: dict[tuple[str, ...], Count] = {}
        for count in self.counts:
            by_group.setdefault(groups.get(count.of.type, (count.of.type,)), count)
        return tuple(Line(count, group if len(group) > 1 else ()) for group, count in by_group.items())

    @property
    def rows(self) -> tuple[Line | None, ...]:
        """The lines where they are few; else None, for one row that holds them all."""
        return self.lines if 0 < len(self.lines) <= MOST_OPEN_LINES else (None,)

    @property
    def differing(self) -> int:
        """How many of the lines do not hold."""
        return sum(line.count.ok is False for line in self.lines)

    def _agreed(self) -> list[list[str]]:
        numbers = {count.of.type: count.numbers for count in self.counts}
        return [group for group in equal_types(STREAMS[self.topic]) if len({numbers[type] for type in group}) == 1]


def hour_proofs(
    chosen: TimeRange, topics: Sequence[str], page: int = 1, size: int = PAGE_HOURS
) -> tuple[list[HourProof], int]:
    """Page `page` of the hours that start in the range, of each topic, the latest first, and how many in all."""
    types = types_of(topics)
    parameters = {
        "topics": list(topics), "type_topics": [topic for topic, _ in types], "types": [type for _, type in types],
        "start": chosen.start, "end": chosen.end, "limit": size, "offset": (page - 1) * size}
    rows = ask(statement("proof"), parameters, _Row)
    hours = [
        _hour(list(of_hour), types)
        for _, of_hour in groupby(rows, key=lambda row: (row.hour, row.topic))]
    return hours, rows[0].hours if rows else 0


@dataclass(frozen=True)
class _Row:
    topic: str
    hour: datetime
    hours: int
    type: str
    run: int | None
    realtime: Decimal | None
    archive: Decimal | None
    batch: Decimal | None
    duplicates: Decimal | None
    ok: bool | None
    why: str
    proved_at: datetime | None
    fast: Decimal | None
    waiting: Decimal
    revision: int | None
    events: int | None
    repeats: int | None
    conflicts: int | None
    final: bool
    failed: str


def _hour(rows: list[_Row], types: dict[tuple[str, str], ProvenType]) -> HourProof:
    first = max(rows, key=lambda row: -1 if row.run is None else row.run)
    return HourProof(
        first.topic, first.hour, first.run, first.proved_at,
        tuple(_count(row, types[row.topic, row.type]) for row in rows), int(first.waiting),
        first.revision, first.events, first.repeats, first.conflicts, first.final, first.failed)


def _count(row: _Row, of: ProvenType) -> Count:
    return Count(
        of=of, realtime=of.number(row.realtime), archive=of.number(row.archive), batch=of.number(row.batch),
        duplicates=of.number(row.duplicates), fast=of.number(row.fast), ok=row.ok, why=row.why)
