"""Work beside the job: a thread that does it again and again."""

from __future__ import annotations

import threading
from collections.abc import Callable

from metering.domain.errors import LambdameterError
from metering.telemetry import Log

LOG = Log("speed_layer")


class Beside(threading.Thread):
    """Does `work` when `wake` is set, and every `every_s` seconds; a fault is told once, as `waits`, and not fatal."""

    def __init__(
        self, name: str, work: Callable[[], None], waits: str, *, every_s: float, wake: threading.Event | None = None
    ) -> None:
        super().__init__(name=name, daemon=True)
        self._work, self._waits, self._every_s = work, waits, every_s
        self._wake, self._over, self._told = wake or threading.Event(), threading.Event(), ""

    def run(self) -> None:
        while not self._over.is_set():
            self._wake.wait(self._every_s)
            self._wake.clear()
            if not self._over.is_set():
                self.turn()

    def turn(self) -> None:
        """Do the work once."""
        try:
            self._work()
            if self._told:
                LOG.info("goes on again", what=self.name)
            self._told = ""
        except LambdameterError as error:
            if type(error).__name__ != self._told:
                LOG.warning(self._waits, why=error)
            self._told = type(error).__name__

    def finish(self) -> None:
        """What is left to do once the job has ended in order and this thread has; nothing, but for some."""

    def end(self) -> None:
        """Stop. A job that ended by a fault has told it: nothing more is tried."""
        self._over.set()
        self._wake.set()
        self.join(timeout=15)
