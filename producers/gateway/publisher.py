"""The publisher: a thread that brings the day files' lines to Kafka, and remembers how far it has come."""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Callable
from datetime import timedelta

from metering.clock import Clock
from metering.domain.errors import LambdameterError, ServiceAway
from metering.domain.stream import Stream
from metering.telemetry import Log
from producers.gateway.inbox import Inbox
from producers.gateway.lines import read
from producers.gateway.part import Part
from producers.sending.block import Block
from producers.sending.sender import Sender
from producers.sending.watch import Watch

LOG = Log("gateway")
ROUND_BYTES = 1_000_000
_LOOK_S = 1.0
_LONGEST_PAUSE_S = 15.0
_CLIENT_ENDS_WITHIN_S = 5.0


class Publisher(Part):
    """Publishes file by file, day by day, at least once: an event_id in each line makes a repeat count once.

    `open_sender` raises ServiceAway while Kafka is away, BadSettings where it refuses us: samples are kept whatever it
    says, so it is asked again, and they wait on disk.
    """

    def __init__(
        self, inbox: Inbox, stream: Stream, open_sender: Callable[[], Sender], clock: Clock, *, keep_days: int
    ) -> None:
        super().__init__("publisher")
        self._inbox, self._stream, self._open_sender = inbox, stream, open_sender
        self._clock, self._keep = clock, timedelta(days=keep_days)
        self._came, self._ending = threading.Event(), threading.Event()
        self._ends_at = math.inf
        self._sender: Sender | None = None
        self._watch = Watch(LOG)
        self._cursors: dict[str, int] = {}
        self._nothing_waits = False
        self.published = 0
        self.skipped = 0

    def wake(self) -> None:
        """Tell it that there is something new."""
        self._came.set()

    def end(self, within_s: float) -> bool:
        """Publish what is left, at most about so many seconds, and not where Kafka is away; whether all was."""
        self._ends_at = time.monotonic() + within_s
        self._ending.set()
        self._came.set()
        self.join(within_s + _CLIENT_ENDS_WITHIN_S)
        return self._nothing_waits

    def work(self) -> None:
        pause_s = _LOOK_S
        while not (self._is_over or self._nothing_waits):
            self._came.clear()
            try:
                if not self._round():
                    self._idle()
                pause_s = _LOOK_S
            except (LambdameterError, OSError) as away:
                LOG.warning("samples wait on disk", why=away, again_in_s=pause_s)
                if self._ending.wait(pause_s):
                    break
                pause_s = min(pause_s * 2, _LONGEST_PAUSE_S)
        self._close_sender()

    @property
    def _is_over(self) -> bool:
        return time.monotonic() > self._ends_at

    def _idle(self) -> None:
        if self._ending.is_set():
            self._nothing_waits = True
            return
        self._drop_old()
        self._came.wait(_LOOK_S)

    def _round(self) -> bool:
        """Publish some lines of the first day that has any; False where none waits."""
        for day, size in self._inbox.days().items():
            if content := self._waiting(day, size):
                self._publish(content)
                self._cursors[day] += len(content)
                self._inbox.note_published(day, self._cursors[day], content)
                return True
        return False

    def _waiting(self, day: str, size: int) -> bytes:
        """The next lines of a day."""
        if day not in self._cursors:
            self._cursors[day] = self._inbox.published(day)
        start = self._cursors[day]
        return self._inbox.read(day, start, ROUND_BYTES) if start < size else b""

    def _publish(self, content: bytes) -> None:
        """Send the lines and wait until Kafka has each of them. Raises ServiceAway."""
        block = self._block(content)
        while len(block):
            self._send(block)
            self.published += block.acknowledged
            lost = sorted(block.losses)
            if lost:
                LOG.warning("Kafka did not take some samples; they are sent again", samples=len(lost),
                            why=block.losses[lost[0]].why)
                # A client that lost its place in its own sequence, or its topic, takes nothing ever after.
                self._close_sender()
                self._ending.wait(_LOOK_S)
            block = block.only(lost)

    def _send(self, block: Block) -> None:
        if self._sender is None:
            self._sender = self._open_sender()
        queued = 0
        while not block.settled:
            queued += self._sender.send(block, queued)
            self._sender.pump(0.1)
            self._watch.look(self.published + block.acknowledged, len(block) - block.acknowledged)
            if self._is_over:
                raise ServiceAway("the gateway ends before Kafka answered; the rest is published after its next start")

    def _block(self, content: bytes) -> Block:
        """The lines as messages. A line cut short by a crash was never acknowledged, and is left out."""
        keys, values = [], []
        for line in content.split(b"\n"):
            subject = self._subject(line)
            if subject is None:
                self.skipped += bool(line)
                continue
            keys.append(subject.encode())
            values.append(line)
        return Block(self._stream.topic, keys, values)

    def _subject(self, line: bytes) -> str | None:
        try:
            found = read(line)
        except (ValueError, RecursionError):
            return None
        subject = found.get(self._stream.subject) if isinstance(found, dict) else None
        return subject if isinstance(subject, str) else None

    def _drop_old(self) -> None:
        """Remove files of days long gone, once Kafka has all their lines."""
        oldest = f"{self._clock.now() - self._keep:%Y-%m-%d}"
        for day, size in self._inbox.days().items():
            if day < oldest and not self._waiting(day, size):
                self._inbox.remove(day)
                del self._cursors[day]
                LOG.info("an old day file was removed", day=day)

    def _close_sender(self) -> None:
        if self._sender:
            if self._sender.outstanding:
                self._sender.abandon()
            self._sender.close()
        self._sender = None
