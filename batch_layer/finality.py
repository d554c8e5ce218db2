"""Finality: an hour is final once every partition has been read past the hour's end, its arrivals and the grace."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta

from metering.store.rotation import HOUR, OpenHour, Sealed

OffsetsAt = Callable[[datetime], Mapping[int, int | None]]


def settles_at(hour: OpenHour, grace: timedelta) -> datetime:
    """T: nothing appended before it is still to be counted once the offsets have passed it."""
    return max(hour.hour + HOUR, hour.first_arrival) + grace


def settled_hours(
    hours: Sequence[OpenHour], sealed: Sealed, grace: timedelta, now: datetime, offsets_at: OffsetsAt,
    ends: Mapping[int, int],
) -> list[OpenHour]:
    """The hours whose T is past and whose every partition has been read beyond it.

    Offsets grow with append time, so if an hour is settled, so is every hour with an earlier T: a binary search
    asks Kafka a handful of times, however many hours wait. `ends`: the logs' ends, taken after `now`.
    """

    def settles(hour: OpenHour) -> datetime:
        return settles_at(hour, grace)

    past = sorted((hour for hour in hours if settles(hour) <= now), key=settles)
    read = bisect_right(past, False, key=lambda hour: not _is_read(settles(hour), sealed, offsets_at, ends))
    return past[:read]


def _is_read(moment: datetime, sealed: Sealed, offsets_at: OffsetsAt, ends: Mapping[int, int]) -> bool:
    """Whether the sealed offsets have passed, in each partition, the first record appended at or after `moment`.

    A partition without such a record must be read to its end.
    """
    for partition, first in offsets_at(moment).items():
        wanted = ends[partition] if first is None else first
        if sealed.offsets.get(partition, 0) < wanted:
            return False
    return True
