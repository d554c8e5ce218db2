"""Ctrl-C and SIGTERM: the first asks for an orderly end, a second one ends the waiting for Kafka too."""

from __future__ import annotations

import signal
import threading
from types import FrameType


class Stop:
    """Whether an end was asked for. `wait` sleeps, and wakes at once when one is."""

    def __init__(self) -> None:
        self._asked = threading.Event()
        self.urgent = False

    def listen(self) -> Stop:
        """Take over SIGINT and SIGTERM for the rest of the process."""
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, self._on_signal)
        return self

    def _on_signal(self, number: int, frame: FrameType | None) -> None:
        self.ask()

    def ask(self) -> None:
        self.urgent = self._asked.is_set()
        self._asked.set()

    @property
    def asked(self) -> bool:
        return self._asked.is_set()

    def wait(self, seconds: float) -> None:
        self._asked.wait(max(0.0, seconds))
