"""Hours in which a user went above the hourly quota."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from psycopg2 import sql

from serving.queries.dimensions import Finality, finality
from serving.queries.snapshot import ask, composed, stream, whole
from serving.queries.usage import PAGE_ROWS
from serving.ranges import TimeRange

ORDERS = {
    "-time": "v.timestamp DESC, v.usage DESC, v.email", "time": "v.timestamp, v.usage DESC, v.email",
    "-usage": "v.usage DESC, v.timestamp, v.email", "usage": "v.usage, v.timestamp, v.email",
    "email": "v.email, v.timestamp", "-email": "v.email DESC, v.timestamp",
    "-share": "v.usage / greatest(v.quota, 1) DESC, v.timestamp, v.email",
    "share": "v.usage / greatest(v.quota, 1), v.timestamp, v.email",
}


@dataclass(frozen=True)
class Violation:
    """A user's hour above quota. `id` and `name` are None when the mail address belongs to nobody any more."""

    hour: datetime
    email: str
    id: str | None
    name: str | None
    usage: int
    quota: int
    finality: Finality

    @property
    def share(self) -> float | None:
        """Usage as a multiple of the quota; None where the quota is zero."""
        return self.usage / self.quota if self.quota else None


@dataclass(frozen=True)
class Violations:
    """A page of violations; `count` and `provisional_count` are of the whole range."""

    rows: list[Violation]
    count: int
    provisional_count: int


def violations(
    chosen: TimeRange, emails: tuple[str, ...] = (), sort: str = "-time", page: int = 1, size: int = PAGE_ROWS
) -> Violations:
    """Page `page` of the violations whose hour starts in the range, ordered by a key of ORDERS."""
    parameters = _parameters(chosen, emails) | {"limit": size, "offset": (page - 1) * size}
    rows = ask(_question(sort), parameters, _Row)
    count, provisional = (rows[0].rows, rows[0].provisional_rows) if rows else (0, 0)
    return Violations([row.read() for row in rows], count, provisional)


def every_violation(
    chosen: TimeRange, emails: tuple[str, ...] = (), sort: str = "-time"
) -> Iterator[Violation]:
    """All pages of `violations`, streamed."""
    parameters = _parameters(chosen, emails) | {"limit": None, "offset": 0}
    return (row.read() for row in stream(_question(sort), parameters, _Row))


@dataclass(frozen=True)
class _Row:
    hour: datetime
    email: str
    id: str | None
    name: str | None
    usage: Decimal
    quota: int
    provisional: bool
    rows: int
    provisional_rows: int

    def read(self) -> Violation:
        return Violation(
            self.hour, self.email, self.id, self.name, whole(self.usage), self.quota,
            finality(self.provisional, False))


def _parameters(chosen: TimeRange, emails: tuple[str, ...]) -> dict[str, object]:
    return {"start": chosen.start, "end": chosen.end, "emails": list(emails) or None}


def _question(sort: str) -> sql.Composed:
    return composed("quotas", order=sql.SQL(ORDERS[sort]))
