"""Delivery: every message handed over ends acknowledged, or in the spill file."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable
from pathlib import Path

from metering.telemetry import Log
from producers.sending.block import Block
from producers.sending.counts import Counts
from producers.sending.outcome import Outcome
from producers.sending.sender import Sender
from producers.sending.spill import Spill
from producers.sending.watch import Watch
from producers.stop import Stop

_TICK_S = 0.1
_RETRY_S = 1.0
_AFTER_STOP_S = 10.0


class GaveUp(Exception):
    """Kafka stayed silent for longer than we wait; `finish` keeps what is left."""


class Delivery:
    """Sends blocks in order, waits while Kafka is away, and tries lost messages again.

    `settled` is told of each block when all of its messages are acknowledged or lost. A message sent again
    keeps its bytes, so that its event_id makes it count once.
    """

    def __init__(
        self, sender: Sender, stop: Stop, log: Log, *, patience_s: float, unsent: Path,
        settled: Callable[[Block], None] | None = None,
    ) -> None:
        self._sender = sender
        self._stop = stop
        self._patience_s = patience_s
        self._watch = Watch(log)
        self._spill = Spill(unsent, log)
        self._settled = settled
        self._open: deque[Block] = deque()
        self._again: list[Block] = []
        self._retry_at_s = 0.0
        self._sent = 0
        self._acknowledged = 0
        self._refused = 0
        self._started_s = time.monotonic()

    @property
    def acknowledged(self) -> int:
        """Messages acknowledged so far, in settled blocks."""
        return self._acknowledged

    @property
    def counts(self) -> Counts:
        """Messages so far, those of blocks under way included."""
        under_way = sum(block.acknowledged for block in self._open)
        return Counts(self._sent, self._acknowledged + under_way, self._refused)

    @property
    def condition(self) -> str:
        return "Sending to Kafka."

    def send(self, block: Block) -> None:
        """Hand a block over; waits while too many messages are under way. Raises GaveUp."""
        self._sent += len(block)
        self._queue(block)
        self.tend()

    def tend(self) -> None:
        """Look after what is under way; to be called now and then while nothing is sent. Raises GaveUp."""
        self._wait(0.0)
        self._send_again()

    def finish(self) -> Outcome:
        """Wait for the rest, keep what Kafka never acknowledged, and close the sender."""
        try:
            while self._open or self._again:
                self._wait(_TICK_S)
                self._send_again()
        except GaveUp:
            self._sender.abandon()
        self._keep_the_rest()
        self._sender.close()
        return Outcome(
            self._sent, self._acknowledged, time.monotonic() - self._started_s, self._spill.path, whom="Kafka",
            cure=f"send them with `python -m producers replay {self._spill.path}`")

    def _queue(self, block: Block) -> None:
        self._open.append(block)
        queued = self._sender.send(block, 0)
        while queued < len(block):
            self._wait(_TICK_S)
            queued += self._sender.send(block, queued)

    def _wait(self, seconds: float) -> None:
        self._sender.pump(seconds)
        self._collect()
        if not self._open and self._again:
            time.sleep(seconds)
        under_way = sum(block.acknowledged for block in self._open)
        waiting = self._sender.outstanding + sum(len(block) for block in self._again)
        silent_s = self._watch.look(self._acknowledged + under_way, waiting)
        if silent_s > self._allowed_s():
            raise GaveUp

    def _allowed_s(self) -> float:
        if self._stop.urgent:
            return -1.0
        return min(self._patience_s, _AFTER_STOP_S) if self._stop.asked else self._patience_s

    def _collect(self) -> None:
        while self._open and self._open[0].settled:
            block = self._open.popleft()
            self._account(block)
            if lost := [index for index, loss in block.losses.items() if loss.again]:
                self._again.append(block.only(sorted(lost)))
                self._retry_at_s = time.monotonic() + _RETRY_S
            final = {index: loss.why for index, loss in block.losses.items() if not loss.again}
            self._refused += len(final)
            self._spill.keep(block, final)

    def _account(self, block: Block) -> None:
        self._acknowledged += block.acknowledged
        if self._settled:
            self._settled(block)

    def _send_again(self) -> None:
        if self._again and time.monotonic() >= self._retry_at_s:
            for _ in range(len(self._again)):
                self._queue(self._again.pop(0))

    def _keep_the_rest(self) -> None:
        for block in self._open:
            self._account(block)
        for block in (*self._open, *self._again):
            self._spill.keep(block, dict.fromkeys(block.unacknowledged(), "Kafka did not answer"))
        self._open.clear()
        self._again.clear()
