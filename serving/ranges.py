"""What a person types for a date range, and the half-open UTC range that it means.

Whole dates are days of the chosen zone and `to` includes its day; times and relative text are instants and
`to` excludes its instant. `d`, `w`, `M` and `y` are steps of the calendar in the zone (a day may last 23 or
25 hours), `s`, `m` and `h` are fixed lengths.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from zoneinfo import ZoneInfo, available_timezones

DEFAULT_FROM, DEFAULT_TO = "now-24h", "now"
DEFAULT_SPAN = timedelta(hours=24)
FIRST_DAY = date(1970, 1, 1)

WANT_MOMENT = (
    "a date (2026-01-31), a time (2026-01-31T13:00, with Z, an offset or in tz) "
    "or relative text (now-7d, now/d)")

_DATE = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)
_TIME = re.compile(r"\d{4}-\d\d-\d\d[T ].+", re.ASCII)
_RELATIVE = re.compile(
    r"now(?:(?P<sign>[+-])(?P<count>\d{1,6})(?P<unit>[smhdwMy]))?(?:/(?P<floor>[mhdwMy]))?", re.ASCII)
_LOST_PLUS = re.compile(r"(.*[T ]\d\d:\d\d\S*) (\d\d:?\d\d)")
"""A `+` in an address that was not encoded arrives as a space: `2026-01-31T13:00 02:00`."""

_FIXED = {"s": timedelta(seconds=1), "m": timedelta(minutes=1), "h": timedelta(hours=1)}
_DAYS = {"d": 1, "w": 7}
_MONTHS = {"M": 1, "y": 12}


class ParameterFault(ValueError):
    """A parameter of an address that cannot be read: its name, what was found and what is wanted."""

    def __init__(self, field: str, found: str, want: str) -> None:
        self.field, self.found, self.want = field, found, want
        super().__init__(f"{field}={found!r}: want {want}")


class RangeFault(ParameterFault):
    """What was typed for a range cannot be read. `field` is from, to or tz."""


@dataclass(frozen=True)
class TimeRange:
    """Half-open [start, end), aware, in UTC. The texts read again at the same `now` give the same range."""

    start: datetime
    end: datetime
    zone: ZoneInfo
    from_text: str
    to_text: str

    @property
    def span(self) -> timedelta:
        return self.end - self.start

    @property
    def first_date(self) -> date:
        """The day of the zone in which the range starts."""
        return self.start.astimezone(self.zone).date()

    @property
    def last_date(self) -> date:
        """The last day of the zone that the range touches."""
        if self.end == self.start:
            return self.first_date
        return (self.end - timedelta(microseconds=1)).astimezone(self.zone).date()

    @property
    def whole_days(self) -> bool:
        """Whether it is one or more days of the zone, from midnight to midnight."""
        return self.start < self.end and all(
            moment == day_start(moment.astimezone(self.zone).date(), self.zone)
            for moment in (self.start, self.end))


def parse_range(from_text: str, to_text: str, tz_name: str, now: datetime) -> TimeRange:
    """Read the range that the texts mean at `now` (aware). Empty texts: the last 24 hours, in UTC.

    With `from` alone the range ends now; with `to` alone it is the 24 hours before. An empty range of times
    is allowed, since `now/d` to `now` is one at midnight; the day after `to` as `from` is not. Raises RangeFault.
    """
    zone = parse_zone(tz_name)
    from_text, to_text = from_text.strip(), to_text.strip() or DEFAULT_TO
    end = _moment("to", to_text, zone, now, days_after=1)
    if not from_text:
        from_text, start = _default_start(to_text, end)
    else:
        start = _moment("from", from_text, zone, now, days_after=0)
    backwards = start == end and _DATE.fullmatch(from_text) and _DATE.fullmatch(to_text)
    if start > end or backwards:
        raise RangeFault("from", from_text, f"a moment that is not after to={to_text!r}")
    return TimeRange(start, end, zone, from_text, to_text)


def parse_zone(tz_name: str) -> ZoneInfo:
    """The zone of an IANA name; empty is UTC. Raises RangeFault."""
    name = tz_name.strip() or "UTC"
    if name not in zone_names():
        raise RangeFault("tz", name, "an IANA name, such as UTC or Europe/Berlin")
    return ZoneInfo(name)


@cache
def zone_names() -> frozenset[str]:
    """Every zone that this machine's tables know."""
    return frozenset(available_timezones())


def can_be_asked(moment: datetime) -> bool:
    """Whether it lies in the years 1970 to 9998, a day earlier where a zone is ahead of UTC."""
    return FIRST_DAY - timedelta(days=1) <= moment.date() and moment.year <= 9998


def day_start(day: date, zone: ZoneInfo) -> datetime:
    """The first instant of a day of the zone, in UTC.

    Where clocks jump over midnight the day starts at the jump; where midnight comes twice, at the first.
    """
    return _instant(datetime.combine(day, time()), zone)


def _default_start(to_text: str, end: datetime) -> tuple[str, datetime]:
    if to_text == DEFAULT_TO:
        return DEFAULT_FROM, end - DEFAULT_SPAN
    start = end - DEFAULT_SPAN
    return start.isoformat().replace("+00:00", "Z"), start


def _moment(field: str, text: str, zone: ZoneInfo, now: datetime, *, days_after: int) -> datetime:
    try:
        found = _read(text, zone, now, days_after)
    except (ValueError, OverflowError):
        raise RangeFault(field, text, WANT_MOMENT) from None
    if not can_be_asked(found):
        raise RangeFault(field, text, "a moment from 1970 to 9998")
    return found


def _read(text: str, zone: ZoneInfo, now: datetime, days_after: int) -> datetime:
    if relative := _RELATIVE.fullmatch(text):
        return _relative(relative, zone, now)
    if _DATE.fullmatch(text):
        return day_start(date.fromisoformat(text) + timedelta(days=days_after), zone)
    if not _TIME.fullmatch(text):
        raise ValueError(text)
    given = datetime.fromisoformat(_LOST_PLUS.sub(r"\1+\2", text))
    return given.astimezone(UTC) if given.tzinfo else _instant(given, zone)


def _relative(relative: re.Match[str], zone: ZoneInfo, now: datetime) -> datetime:
    unit, floor = relative["unit"], relative["floor"]
    moment = now.astimezone(UTC)
    if unit:
        count = int(relative["count"]) * (-1 if relative["sign"] == "-" else 1)
        moment = add_calendar(moment, count, unit, zone)
    return _floor(moment, floor, zone) if floor else moment


def add_calendar(moment: datetime, count: int, unit: str, zone: ZoneInfo) -> datetime:
    """`count` units (s m h d w M y) later, in UTC; the clock on the wall stays for d, w, M and y.

    A month without the day ends at its last day: 31 March less a month is 28 or 29 February. The start of a day
    stays one, also of a day that has no midnight.
    """
    if unit in _FIXED:
        return moment + count * _FIXED[unit]
    wall = moment.astimezone(zone).replace(tzinfo=None)
    if moment == day_start(wall.date(), zone):
        wall = datetime.combine(wall.date(), time())
    if unit in _DAYS:
        return _instant(wall + timedelta(days=count * _DAYS[unit]), zone)
    return _instant(_add_months(wall, count * _MONTHS[unit]), zone)


def _add_months(wall: datetime, count: int) -> datetime:
    years, month = divmod(wall.month - 1 + count, 12)
    first = wall.replace(year=wall.year + years, month=month + 1, day=1)
    after = first.replace(year=first.year + first.month // 12, month=first.month % 12 + 1)
    return first.replace(day=min(wall.day, (after - first).days))


def _floor(moment: datetime, unit: str, zone: ZoneInfo) -> datetime:
    """The start of the minute, hour, day, ISO week, month or year of the zone, in UTC."""
    wall = moment.astimezone(zone)
    if unit in _FIXED:
        minutes = wall.minute if unit == "h" else 0
        return moment - timedelta(minutes=minutes, seconds=wall.second, microseconds=wall.microsecond)
    day = wall.date()
    if unit == "w":
        day -= timedelta(days=day.weekday())
    elif unit != "d":
        day = day.replace(day=1, month=1 if unit == "y" else day.month)
    return day_start(day, zone)


def _instant(wall: datetime, zone: ZoneInfo) -> datetime:
    """The first instant at which clocks of the zone show `wall`; where they never do, that of the jump."""
    first = wall.replace(tzinfo=zone, fold=0).astimezone(UTC)
    if first.astimezone(zone).replace(tzinfo=None) == wall:
        return first
    before_jump = wall.replace(tzinfo=zone, fold=1).astimezone(UTC)
    return _jump_between(before_jump, first, zone)


def _jump_between(low: datetime, high: datetime, zone: ZoneInfo) -> datetime:
    """The instant between the two at which the zone's offset changes."""
    offset = low.astimezone(zone).utcoffset()
    while high - low > timedelta(seconds=1):
        middle = low + (high - low) // 2
        if middle.astimezone(zone).utcoffset() == offset:
            low = middle
        else:
            high = middle
    return high.replace(microsecond=0)
