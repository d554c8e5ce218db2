"""The declared features of all customers at once; tests/unit/producers/audience compares them with the reference."""

from __future__ import annotations

from typing import assert_never
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from metering.domain.features import DistinctTracks, Feature, HoursShare, MobileShare, WeekdaysShare
from producers.audience.clock_hours import hour, local_s, weekday
from producers.audience.people import TRACKS
from producers.audience.plays import Plays


class Habits:
    """The plays of `customers` customers, counted by the zone's clock."""

    def __init__(self, plays: Plays, customers: int, zone: ZoneInfo) -> None:
        self._plays = plays
        self._customers = customers
        self._local_s = local_s(plays.time_s, zone)
        self.counts = np.bincount(plays.who, minlength=customers)

    def of(self, feature: Feature) -> NDArray[np.float64]:
        """The feature of each customer; 0 for one without plays, who has none."""
        match feature:
            case HoursShare():
                return self._share(np.isin(hour(self._local_s), feature.hours))
            case WeekdaysShare():
                return self._share(np.isin(weekday(self._local_s), feature.days))
            case MobileShare():
                return self._share(self._plays.is_mobile)
            case DistinctTracks():
                return self._share(self._is_first_of_its_track())
        assert_never(feature)

    def _share(self, chosen: NDArray[np.bool_]) -> NDArray[np.float64]:
        found = np.bincount(self._plays.who[chosen], minlength=self._customers)
        return found / np.maximum(self.counts, 1)

    def _is_first_of_its_track(self) -> NDArray[np.bool_]:
        _, firsts = np.unique(self._plays.who * TRACKS + self._plays.track, return_index=True)
        first = np.zeros(len(self._plays), dtype=np.bool_)
        first[firsts] = True
        return first
