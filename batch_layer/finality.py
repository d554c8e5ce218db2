"""Finality: an hour is final once every partition has been read past the hour's end, its arrivals and the grace."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta

from metering.store.rotation import HOUR, OpenHour, Sealed

OffsetsAt = Callable[[datetime], Mapping[int, int | None]]


def settles_at(hour: OpenHour, grace: timedelta) -> datetime:
    """T: nothing appended before it is still to be counted once the offsets have passed it."""
    return max(hour.hour + HOUR, hour.first_arrival) + grace


def is_settled(
    hour: OpenHour, sealed: Sealed, grace: timedelta, now: datetime, offsets_at: OffsetsAt, ends: Mapping[int, int]
) -> bool:
    """Whether the sealed offsets of every partition have passed the first offset appended at or after T.

    A partition without such a record must be read to its end (`ends`, taken after `now`), and `now` be past T.
    """
    settled = settles_at(hour, grace)
    if now < settled:
        return False
    for partition, first in offsets_at(settled).items():
        wanted = ends[partition] if first is None else first
        if sealed.offsets.get(partition, 0) < wanted:
            return False
    return True
