"""How far a download is, told on stderr."""

from __future__ import annotations

import sys
import threading
import time

EVERY_S = 2.0


class Progress:
    """Counts what some Ivys say and tells it, at most every two seconds. `count` 0: how many is not known."""

    def __init__(self, title: str, count: int) -> None:
        self._title = title
        self._of = f" of {count}" if count else ""
        self._looked_up = 0
        self._fetched = 0
        self._told_at = time.monotonic()
        self._lock = threading.Lock()

    def heard(self, line: str) -> None:
        """Take in one line of Ivy's output; safe from any thread."""
        with self._lock:
            self._looked_up += line.startswith("found ")
            self._fetched += line.startswith("[SUCCESSFUL ]")
            if self._is_time():
                self._told_at = time.monotonic()
                print(self._line(), file=sys.stderr, flush=True)

    def _is_time(self) -> bool:
        return self._looked_up > 0 and time.monotonic() - self._told_at > EVERY_S

    def _line(self) -> str:
        if not self._fetched:
            return f"looking up {self._title}: {self._looked_up}{self._of} jars"
        return f"fetching {self._title}: {self._fetched}{self._of} jars"
