"""The second buffer: what the first ones handed over, written to the day's file by a thread of its own."""

from __future__ import annotations

import asyncio
import queue
from collections.abc import Callable, Sequence

from metering.clock import Clock
from metering.telemetry import Log
from producers.gateway.inbox import Inbox
from producers.gateway.lines import OK, Line, error
from producers.gateway.part import Part

LOG = Log("gateway")
_TOLD_EVERY = 100


class DayWriter(Part):
    """Writes all that waits at once, flushes it, and only then answers. `written` is called after each write."""

    def __init__(
        self, inbox: Inbox, clock: Clock, loop: asyncio.AbstractEventLoop, written: Callable[[], None]
    ) -> None:
        super().__init__("day writer")
        self._inbox, self._clock, self._loop, self._written = inbox, clock, loop, written
        self._waiting: queue.SimpleQueue[Sequence[Line] | None] = queue.SimpleQueue()
        self._failures = 0
        self.kept = 0

    def take(self, lines: Sequence[Line]) -> None:
        """Hand a first buffer over; returns at once."""
        self._waiting.put(lines)

    def end(self) -> None:
        """Write what waits, then end. No `take` may follow."""
        self._waiting.put(None)
        self.join()
        self._inbox.close()

    def work(self) -> None:
        goes_on = True
        while goes_on:
            handed = [self._waiting.get()]
            while not self._waiting.empty():
                handed.append(self._waiting.get())
            lines = [line for buffer in handed if buffer for line in buffer]
            goes_on = None not in handed
            if lines:
                self._answer(lines, self._write(lines))

    def _write(self, lines: Sequence[Line]) -> str:
        """Write the lines; gives their answer."""
        try:
            self._inbox.append(f"{self._clock.now():%Y-%m-%d}", b"".join(line.content for line in lines))
        except OSError as fault:
            # HDFS gives its own stack trace from the second line on.
            why = str(fault.strerror or fault).partition("\n")[0]
            if self._failures % _TOLD_EVERY == 0:
                LOG.error("the day's file cannot be written; senders are told and keep their samples", why=why)
            self._failures += 1
            return error("archive", f"the sample was not kept: {why}")
        if self._failures:
            LOG.info("the day's file can be written again", failures=self._failures)
        self._failures = 0
        self.kept += len(lines)
        self._written()
        return OK

    def _answer(self, lines: Sequence[Line], text: str) -> None:
        self._loop.call_soon_threadsafe(_settle, lines, text)


def _settle(lines: Sequence[Line], text: str) -> None:
    for line in lines:
        if not line.answer.done():
            line.answer.set_result(text)
