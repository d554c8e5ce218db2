"""Periods that people step through: presets, the one before, the one after, the same a week ago."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from serving.ranges import FIRST_DAY, TimeRange, add_calendar, can_be_asked

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)


@dataclass(frozen=True)
class Preset:
    """A range that one click chooses. The texts are relative, so a kept link moves with the clock."""

    key: str
    label: str
    from_text: str
    to_text: str


PRESETS = (
    Preset("today", "Today", "now/d", "now"),
    Preset("yesterday", "Yesterday", "now-1d/d", "now/d"),
    Preset("24h", "24 h", "now-24h", "now"),
    Preset("7d", "7 days", "now-7d", "now"),
    Preset("28d", "28 days", "now-28d", "now"),
    Preset("91d", "91 days", "now-91d", "now"),
    Preset("month", "This month", "now/M", "now"),
    Preset("last-month", "Last month", "now-1M/M", "now/M"),
    Preset("all", "All", FIRST_DAY.isoformat(), "now"),
)


def preset_of(chosen: TimeRange) -> Preset | None:
    """The preset whose texts were given."""
    texts = (chosen.from_text, chosen.to_text)
    return next((preset for preset in PRESETS if (preset.from_text, preset.to_text) == texts), None)


def step(chosen: TimeRange, count: int) -> TimeRange | None:
    """The range `count` periods later (negative: earlier), touching the one before without a gap.

    Whole months step by months and whole days by days of the zone; all else by its length. None where no
    range can be asked for, before 1970.
    """
    months = _whole_months(chosen)
    if months:
        return _moved(chosen, count * months, "M")
    if chosen.whole_days:
        return _moved(chosen, count * ((chosen.last_date - chosen.first_date).days + 1), "d")
    return _moved(chosen, count * round(chosen.span / MICROSECOND), "us")


def a_week_before(chosen: TimeRange) -> TimeRange | None:
    """The same clock times seven days before."""
    return _moved(chosen, -7, "d")


def ending_at(chosen: TimeRange, end: datetime) -> TimeRange:
    """A range as long as the chosen one (an hour at least, a year at most) that ends at `end`."""
    span = min(max(chosen.span, timedelta(hours=1)), timedelta(days=366))
    return _named(max(end - span, EPOCH), end, chosen.zone)


def moment_text(moment: datetime) -> str:
    """An instant as text that `parse_range` reads: UTC, `Z`, no more digits than it has."""
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")


def _whole_months(chosen: TimeRange) -> int:
    last = chosen.last_date + timedelta(days=1)
    if not chosen.whole_days or chosen.first_date.day != 1 or last.day != 1:
        return 0
    return (last.year - chosen.first_date.year) * 12 + last.month - chosen.first_date.month


def _moved(chosen: TimeRange, count: int, unit: str) -> TimeRange | None:
    try:
        start, end = (_later(moment, count, unit, chosen) for moment in (chosen.start, chosen.end))
    except (OverflowError, ValueError):
        return None
    return _named(start, end, chosen.zone) if can_be_asked(start) and can_be_asked(end) else None


def _later(moment: datetime, count: int, unit: str, chosen: TimeRange) -> datetime:
    return moment + count * MICROSECOND if unit == "us" else add_calendar(moment, count, unit, chosen.zone)


def _named(start: datetime, end: datetime, zone: ZoneInfo) -> TimeRange:
    """The range with texts of its own: dates where it is whole days, else instants."""
    moved = TimeRange(start, end, zone, moment_text(start), moment_text(end))
    if not moved.whole_days:
        return moved
    return TimeRange(start, end, zone, moved.first_date.isoformat(), moved.last_date.isoformat())
