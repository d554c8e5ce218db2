"""A span of event time."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Span:
    """Half-open, UTC; None: no bound on that side."""

    start: datetime | None = None
    end: datetime | None = None

    def has(self, time: datetime) -> bool:
        return not (self.start and time < self.start) and not (self.end and time >= self.end)


def microseconds(time: datetime) -> int:
    """Epoch microseconds of a time with a zone, exact."""
    return (time - _EPOCH) // timedelta(microseconds=1)
