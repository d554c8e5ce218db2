"""The bars of a chart: where a range is cut, in the zone of whoever looks.

Sums come in windows (of 5 minutes, or of one), so a range counts the windows that start in it; its first and last
bar may hold less than a whole hour or day. Days and hours are those of the zone.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import Enum
from itertools import pairwise
from zoneinfo import ZoneInfo

from serving.ranges import TimeRange, day_start

MINUTE = timedelta(minutes=1)
WINDOW = timedelta(minutes=5)
HOUR = timedelta(hours=1)
MOST_BUCKETS = 2_000


class Granularity(Enum):
    """How long a bar is. The value is the address's word."""

    MINUTE = "1min"
    FIVE_MINUTES = "5min"
    HOUR = "hour"
    DAY = "day"


_LONGEST_SPAN = {
    Granularity.MINUTE: timedelta(hours=2),
    Granularity.FIVE_MINUTES: timedelta(hours=6),
    Granularity.HOUR: timedelta(days=10),
}
_COARSER = {
    Granularity.MINUTE: Granularity.FIVE_MINUTES, Granularity.FIVE_MINUTES: Granularity.HOUR,
    Granularity.HOUR: Granularity.DAY}
_LENGTH = {
    Granularity.MINUTE: MINUTE, Granularity.FIVE_MINUTES: WINDOW, Granularity.HOUR: HOUR,
    Granularity.DAY: timedelta(hours=23)}
_FIXED = (Granularity.MINUTE, Granularity.FIVE_MINUTES)  # the same in every zone


@dataclass(frozen=True)
class Bucket:
    """Half-open [start, end), UTC. `partial`: cut off by the range, or not over yet."""

    start: datetime
    end: datetime
    partial: bool


@dataclass(frozen=True)
class Buckets:
    """The edges, ascending, in UTC; bucket number n (from 1) lies between edges n - 1 and n."""

    granularity: Granularity
    edges: tuple[datetime, ...]
    zone: ZoneInfo
    first_whole: bool
    last_whole: bool

    @property
    def start(self) -> datetime:
        return self.edges[0]

    @property
    def end(self) -> datetime:
        return self.edges[-1]

    def __len__(self) -> int:
        return len(self.edges) - 1

    def all(self, now: datetime) -> list[Bucket]:
        """Every bucket in order."""
        return [self.numbered(number, now) for number in range(1, len(self.edges))]

    def numbered(self, number: int, now: datetime) -> Bucket:
        """Bucket `number`, from 1."""
        start, end = self.edges[number - 1], self.edges[number]
        cut = (number == 1 and not self.first_whole) or (number == len(self) and not self.last_whole)
        return Bucket(start, end, cut or start <= now < end)

    def number_of(self, moment: datetime) -> int:
        """The number of the bucket that holds the moment; 0 before the first."""
        return bisect_right(self.edges, moment)

    @property
    def hours(self) -> tuple[datetime, datetime]:
        """The part that can be read from hourly sums: whole UTC hours that no inner edge cuts.

        Empty (both ends equal) where bars are shorter than an hour or do not begin with a UTC hour.
        """
        inner = self.edges[1:-1]
        low, high = _up(self.start, HOUR), _down(self.end, HOUR)
        aligned = all(edge == _down(edge, HOUR) for edge in inner)
        if self.granularity in _FIXED or not aligned or low >= high:
            return self.end, self.end
        return low, high


def buckets_of(
    chosen: TimeRange, granularity: Granularity | None = None, most: int = MOST_BUCKETS, window: timedelta = WINDOW
) -> Buckets:
    """Cut a range of sums that come in windows of `window`; without a granularity by its length.

    A granularity that would give more than `most` bars gives way to the next coarser one.
    """
    start, end = _up(chosen.start, window), _up(chosen.end, window)
    cut = granularity or automatic(chosen.span, window)
    while cut in _COARSER and (end - start) / _LENGTH[cut] > most:
        cut = _COARSER[cut]
    inner = tuple(edge for edge in _boundaries(start, end, cut, chosen.zone) if start < edge < end)
    return Buckets(
        cut, (start, *inner, end), chosen.zone,
        first_whole=_is_boundary(start, cut, chosen.zone), last_whole=_is_boundary(end, cut, chosen.zone))


def automatic(span: timedelta, window: timedelta = WINDOW) -> Granularity:
    """Minutes up to two hours where sums come by minute, 5 minutes up to six, hours up to ten days, else days."""
    fitting = (cut for cut, longest in _LONGEST_SPAN.items() if span <= longest and _LENGTH[cut] >= window)
    return next(fitting, Granularity.DAY)


def _boundaries(start: datetime, end: datetime, cut: Granularity, zone: ZoneInfo) -> Iterator[datetime]:
    if cut is Granularity.DAY:
        day = start.astimezone(zone).date()
        while (moment := day_start(day, zone)) < end:
            yield moment
            day += timedelta(days=1)
        return
    moment = start
    while moment < end:
        yield moment
        moment = _down(moment, _LENGTH[cut]) + _LENGTH[cut] if cut in _FIXED else _next_hour(moment, zone)


def _next_hour(moment: datetime, zone: ZoneInfo) -> datetime:
    """The next full hour on the zone's clocks (half past in UTC where the zone is half an hour off)."""
    later = moment + HOUR - timedelta(minutes=moment.astimezone(zone).minute)
    return later + timedelta(minutes=-later.astimezone(zone).minute % 60)


def _is_boundary(moment: datetime, cut: Granularity, zone: ZoneInfo) -> bool:
    wall = moment.astimezone(zone)
    if cut is Granularity.DAY:
        return moment == day_start(wall.date(), zone)
    return moment == _down(moment, _LENGTH[cut]) if cut in _FIXED else wall.minute == 0


def _down(moment: datetime, length: timedelta) -> datetime:
    epoch = datetime(1970, 1, 1, tzinfo=UTC)
    return moment - (moment - epoch) % length


def _up(moment: datetime, length: timedelta) -> datetime:
    floor = _down(moment, length)
    return floor if floor == moment else floor + length


def stretches(flags: list[bool]) -> list[tuple[int, int]]:
    """The runs of true flags as half-open pairs of indexes.

    >>> stretches([True, True, False, True])
    [(0, 2), (3, 4)]
    """
    turns = [0, *(index for index, (one, next_) in enumerate(pairwise(flags), 1) if one != next_), len(flags)]
    return [(low, high) for low, high in pairwise(turns) if low < high and flags[low]]
