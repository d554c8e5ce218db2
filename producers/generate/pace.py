"""So many messages a second, or as fast as possible."""

from __future__ import annotations

import time
from collections.abc import Callable

_BACKLOG_S = 1.0
_TICK_S = 0.05


class Pace:
    """Tells how many messages are due. `rate` 0: as many as fit in a block.

    Where sending was held up for long, what was missed beyond a second is let go: live events happen when
    they are sent, and a burst of them would be no picture of anything.
    """

    def __init__(self, rate: float, now_s: Callable[[], float] = time.monotonic) -> None:
        self._rate = rate
        self._now_s = now_s
        self._paid_to_s = now_s()

    def due(self, most: int) -> int:
        """Messages to send now, `most` at most; they count as sent."""
        if not self._rate:
            return most
        now_s = self._now_s()
        self._paid_to_s = max(self._paid_to_s, now_s - _BACKLOG_S)
        count = min(most, int((now_s - self._paid_to_s) * self._rate))
        self._paid_to_s += count / self._rate
        return count

    def rest_s(self) -> float:
        """How long to sleep until another message is due."""
        return max(_TICK_S, self._paid_to_s + 1 / self._rate - self._now_s()) if self._rate else 0.0
