"""Billing periods: calendar days and months, UTC."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

_DAY = timedelta(days=1)


@dataclass(frozen=True, order=True)
class Period:
    """The days [first, end)."""

    first: date
    end: date

    @property
    def start_at(self) -> datetime:
        """Its first moment, UTC."""
        return datetime.combine(self.first, time(), UTC)

    @property
    def end_at(self) -> datetime:
        """The first moment after it, UTC."""
        return datetime.combine(self.end, time(), UTC)


def _day(day: date) -> Period:
    return Period(day, day + _DAY)


def _month(day: date) -> Period:
    first = day.replace(day=1)
    return Period(first, (first + 31 * _DAY).replace(day=1))


_PERIODS: dict[str, Callable[[date], Period]] = {"day": _day, "month": _month}


def period_of(moment: datetime, length: str) -> Period:
    """The day or month that holds a moment.

    >>> period_of(datetime(2026, 12, 31, 23, tzinfo=UTC), "month")
    Period(first=datetime.date(2026, 12, 1), end=datetime.date(2027, 1, 1))
    """
    return _PERIODS[length](moment.astimezone(UTC).date())


def periods_of(moments: Iterable[datetime], length: str) -> list[Period]:
    """The periods that hold any of the moments, in order."""
    return sorted({period_of(moment, length) for moment in moments})


def cut(start: datetime, end: datetime, length: str) -> list[tuple[datetime, datetime]]:
    """The time [start, end) cut where periods begin; nothing of an empty one."""
    found = []
    while start < end:
        after = min(end, period_of(start, length).end_at)
        found.append((start, after))
        start = after
    return found
