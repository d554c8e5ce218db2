"""The first buffer: lines gather until it is full or a second has gone; then it is handed on whole."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence

from producers.gateway.lines import Line


class FirstBuffer:
    """Lives in the event loop. The next line after a hand-over goes into a fresh buffer, at once."""

    def __init__(self, size: int, flush_s: float, hand_over: Callable[[Sequence[Line]], None]) -> None:
        self._size, self._flush_s, self._hand_over = size, flush_s, hand_over
        self._lines: list[Line] = []
        self._timer: asyncio.TimerHandle | None = None

    def add(self, line: Line) -> None:
        self._lines.append(line)
        if len(self._lines) >= self._size:
            self.flush()
        elif self._timer is None:
            self._timer = asyncio.get_running_loop().call_later(self._flush_s, self.flush)

    def flush(self) -> None:
        """Hand over what there is; nothing is fine."""
        if self._timer:
            self._timer.cancel()
            self._timer = None
        lines, self._lines = self._lines, []
        if lines:
            self._hand_over(lines)
