"""What a model is told of a customer: each feature is declared once, here, and counted by every engine from that.

A new feature is one entry in FEATURES. `ml` makes Spark SQL of the declarations, `features_of` is the reference.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import ClassVar
from zoneinfo import ZoneInfo

from metering.domain.rollup import MICROSECONDS

LABEL_AD = "ADV_REDUCED_1DAY"
"""A customer who ever clicked an ad whose name contains this is labelled 1."""


@dataclass(frozen=True)
class Play:
    """What a feature may look at: when (epoch microseconds, UTC), which track, from a mobile device or not."""

    time_us: int
    track_id: str
    is_mobile: int


@dataclass(frozen=True)
class HoursShare:
    """The share of plays in the local hours from `first` up to, not including, `end`; may run over midnight."""

    name: str
    first: int
    end: int

    @property
    def hours(self) -> tuple[int, ...]:
        return tuple((self.first + step) % 24 for step in range((self.end - self.first) % 24))

    @property
    def meaning(self) -> str:
        return f"share of plays from {self.first}:00 to {self.end}:00, local time"

    def of(self, plays: Sequence[Play], zone: ZoneInfo) -> float:
        return sum(_local(play, zone).hour in self.hours for play in plays) / len(plays)


@dataclass(frozen=True)
class WeekdaysShare:
    """The share of plays on local days of the week; 1 is Monday, 7 is Sunday (ISO 8601)."""

    name: str
    days: tuple[int, ...]

    @property
    def meaning(self) -> str:
        return f"share of plays on days {', '.join(map(str, self.days))} of the week, local time"

    def of(self, plays: Sequence[Play], zone: ZoneInfo) -> float:
        return sum(_local(play, zone).isoweekday() in self.days for play in plays) / len(plays)


@dataclass(frozen=True)
class MobileShare:
    """The share of plays on a mobile device."""

    name: str
    meaning: ClassVar[str] = "share of plays on a mobile device"

    def of(self, plays: Sequence[Play], zone: ZoneInfo) -> float:
        return sum(play.is_mobile for play in plays) / len(plays)


@dataclass(frozen=True)
class DistinctTracks:
    """How many different tracks there are for each play: 1 where none is heard twice."""

    name: str
    meaning: ClassVar[str] = "distinct tracks / plays"

    def of(self, plays: Sequence[Play], zone: ZoneInfo) -> float:
        return len({play.track_id for play in plays}) / len(plays)


Feature = HoursShare | WeekdaysShare | MobileShare | DistinctTracks

FEATURES: tuple[Feature, ...] = (
    HoursShare("morning", 5, 12),
    HoursShare("afternoon", 12, 17),
    HoursShare("evening", 17, 22),
    HoursShare("night", 22, 5),
    MobileShare("mobile"),
    DistinctTracks("distinct_tracks"),
)


def features_of(
    plays: Sequence[Play], zone: ZoneInfo, features: Sequence[Feature] = FEATURES
) -> dict[str, float]:
    """The reference: one customer's features from all plays, of which there is at least one. Order does not matter.

    >>> features_of([Play(0, "t1", 1), Play(6 * 3_600_000_000, "t1", 0)], ZoneInfo("UTC"))["night"]
    0.5
    """
    return {feature.name: feature.of(plays, zone) for feature in features}


def _local(play: Play, zone: ZoneInfo) -> datetime:
    return datetime.fromtimestamp(play.time_us // MICROSECONDS, UTC).astimezone(zone)
