"""Each hour counted twice: what the fast count and the exact count say, and whether they agree."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import Enum
from itertools import groupby

from serving.queries.dimensions import DIMENSIONS, TOPIC, Dimension
from serving.queries.snapshot import ask, statement
from serving.ranges import TimeRange

PAGE_HOURS = 48


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
    over, the latest even where its proof failed, so that fast = batch + duplicates in a proven hour; `waiting`
    is counted fast and not taken over yet.
    """

    dimension: Dimension
    realtime: int | None
    archive: int | None
    batch: int | None
    duplicates: int | None
    fast: int | None
    waiting: int | None
    ok: bool | None
    why: str

    @property
    def difference(self) -> int | None:
        """Fast count less exact count less duplicates: 0 when the two counts agree."""
        if self.fast is None or self.batch is None or self.duplicates is None:
            return None
        return self.fast - self.batch - self.duplicates


@dataclass(frozen=True)
class HourProof:
    """One hour (UTC) with its counts by type, and what is kept of the hour. `run` is the latest run, or None."""

    hour: datetime
    run: int | None
    proved_at: datetime | None
    counts: tuple[Count, ...]
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
        return Verdict.PROVEN if all(count.ok for count in self.counts) else Verdict.NOT_YET

    @property
    def why(self) -> str:
        """What failed, the hour's own note first."""
        return self.failed or next((count.why for count in self.counts if count.why), "")

    @property
    def waiting(self) -> bool:
        """Whether events arrived since the latest proof: late ones, or the hour is not over."""
        return any(count.waiting is not None for count in self.counts)

    @property
    def agreed(self) -> Count | None:
        """The one count that users, apps and antennas agree on; None where they do not."""
        first = self.counts[0]
        numbers = {(c.realtime, c.archive, c.batch, c.duplicates, c.fast, c.waiting) for c in self.counts}
        return first if len(numbers) == 1 else None

    @property
    def shown(self) -> tuple[Count, ...]:
        """One line where all agree, else one a type."""
        return (self.agreed,) if self.agreed else self.counts


def hour_proofs(chosen: TimeRange, page: int = 1, size: int = PAGE_HOURS) -> tuple[list[HourProof], int]:
    """Page `page` of the hours that start in the range, the latest first, and how many there are in all."""
    parameters = {
        "topic": TOPIC, "start": chosen.start, "end": chosen.end,
        "types": [dimension.type for dimension in DIMENSIONS], "limit": size, "offset": (page - 1) * size}
    rows = ask(statement("proof"), parameters, _Row)
    hours = [_hour(list(of_hour)) for _, of_hour in groupby(rows, key=lambda row: row.hour)]
    return hours, rows[0].hours if rows else 0


@dataclass(frozen=True)
class _Row:
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
    waiting: Decimal | None
    revision: int | None
    events: int | None
    repeats: int | None
    conflicts: int | None
    final: bool
    failed: str


def _hour(rows: list[_Row]) -> HourProof:
    first = max(rows, key=lambda row: -1 if row.run is None else row.run)
    return HourProof(
        first.hour, first.run, first.proved_at, tuple(_count(row) for row in rows),
        first.revision, first.events, first.repeats, first.conflicts, first.final, first.failed)


def _count(row: _Row) -> Count:
    return Count(
        dimension=next(dimension for dimension in DIMENSIONS if dimension.type == row.type),
        realtime=_number(row.realtime), archive=_number(row.archive), batch=_number(row.batch),
        duplicates=_number(row.duplicates), fast=_number(row.fast), waiting=_number(row.waiting),
        ok=row.ok, why=row.why)


def _number(found: Decimal | None) -> int | None:
    return None if found is None else int(found)
