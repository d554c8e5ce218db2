"""Local hours and weekdays of many times at once."""

from __future__ import annotations

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

QUARTER_S = 900
"""Every zone's offset is a multiple of a quarter of an hour, and changes at one."""

_DAY_S = 86_400
_THURSDAY = 3
"""1970-01-01, counted from Monday as 0."""


def local_s(time_s: NDArray[np.int64], zone: ZoneInfo) -> NDArray[np.int64]:
    """What a clock in the zone shows at these epoch seconds, as seconds since its own 1970-01-01 00:00."""
    clocks, place = _clocks(time_s, zone)
    offsets = [(clock.utcoffset() or timedelta()).total_seconds() for clock in clocks]
    return time_s + np.array(offsets, dtype=np.int64)[place]


def is_second_time(time_s: NDArray[np.int64], zone: ZoneInfo) -> NDArray[np.bool_]:
    """Whether a clock that was set back shows these times for the second time."""
    clocks, place = _clocks(time_s, zone)
    return np.array([clock.fold == 1 for clock in clocks], dtype=np.bool_)[place]


def _clocks(time_s: NDArray[np.int64], zone: ZoneInfo) -> tuple[list[datetime], NDArray[np.intp]]:
    """The zone's clock at the quarters of an hour that the times lie in, and which of them is each time's."""
    quarters, place = np.unique(time_s // QUARTER_S, return_inverse=True)
    return [datetime.fromtimestamp(quarter * QUARTER_S, zone) for quarter in quarters.tolist()], place


def hour(local: NDArray[np.int64]) -> NDArray[np.int64]:
    """0 to 23."""
    return local % _DAY_S // 3600


def weekday(local: NDArray[np.int64]) -> NDArray[np.int64]:
    """1 is Monday, 7 is Sunday (ISO 8601)."""
    return (local // _DAY_S + _THURSDAY) % 7 + 1
