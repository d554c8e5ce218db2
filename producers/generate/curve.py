"""Day and night: traffic rises from four in the morning to eight in the evening, UTC, every day alike."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

_BY_HOUR = (
    38, 26, 18, 13, 11, 14, 24, 42, 62, 74, 80, 84, 88, 86, 82, 82, 86, 94, 106, 118, 122, 114, 92, 62,
)
"""Weight at each full hour; a straight line between two of them."""

_HOUR_MS = 3_600_000
_DAY_MS = 24 * _HOUR_MS
_FINEST_MS = 300_000
_MOST_STEPS = 100_000


def weight(time_ms: NDArray[np.float64]) -> NDArray[np.float64]:
    """The traffic's relative height at times in epoch milliseconds."""
    hours = (time_ms % _DAY_MS) / _HOUR_MS
    return np.interp(hours, range(25), (*_BY_HOUR, _BY_HOUR[0]))


class Curve:
    """Places the events of [from_ms, to_ms) so that their density follows `weight`."""

    def __init__(self, from_ms: int, to_ms: int) -> None:
        steps = min(_MOST_STEPS, max(1, -(-(to_ms - from_ms) // _FINEST_MS)))
        self._edges = np.linspace(from_ms, to_ms, steps + 1)
        middles = (self._edges[:-1] + self._edges[1:]) / 2
        sums = np.concatenate(([0.0], np.cumsum(weight(middles))))
        self._share = sums / sums[-1]
        self._last_ms = to_ms - 1

    def times_ms(self, quantiles: NDArray[np.float64]) -> NDArray[np.int64]:
        """The time at which each share of all events has passed; rising where the quantiles rise."""
        times = np.interp(quantiles, self._share, self._edges).astype(np.int64)
        return np.minimum(times, self._last_ms)
