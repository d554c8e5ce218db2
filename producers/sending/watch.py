"""Says that Kafka is silent once, then every few seconds, and that it is back."""

from __future__ import annotations

import time
from collections.abc import Callable

from metering.telemetry import Log

_QUIET_S = 3.0
_REPEAT_S = 5.0


class Watch:
    """Fed with the count of acknowledgements; `now_s` is a monotonic clock in seconds."""

    def __init__(self, log: Log, now_s: Callable[[], float] = time.monotonic) -> None:
        self._log = log
        self._now_s = now_s
        self._acknowledged = -1
        self._since_s = now_s()
        self._said_s: float | None = None

    def look(self, acknowledged: int, waiting: int) -> float:
        """Note the progress; gives the seconds since the last one, 0 where nothing waits."""
        now_s = self._now_s()
        if acknowledged != self._acknowledged or not waiting:
            self._progress(acknowledged, now_s)
        silent_s = now_s - self._since_s
        if silent_s >= _QUIET_S and (self._said_s is None or now_s - self._said_s >= _REPEAT_S):
            self._said_s = now_s
            self._log.warning("Kafka does not answer, trying again", waiting=waiting, silent_s=round(silent_s))
        return silent_s

    def _progress(self, acknowledged: int, now_s: float) -> None:
        if self._said_s is not None and acknowledged != self._acknowledged:
            self._log.info("Kafka answers again", silent_s=round(now_s - self._since_s))
            self._said_s = None
        self._acknowledged = acknowledged
        self._since_s = now_s
