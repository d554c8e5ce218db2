"""The publisher: a thread that brings the day files' lines to Kafka, and remembers how far it has come."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable
from datetime import timedelta

from metering.clock import Clock
from metering.domain.errors import ServiceAway
from metering.domain.stream import Stream
from metering.telemetry import Log
from producers.gateway.inbox import Inbox
from producers.sending.block import Block
from producers.sending.sender import Sender
from producers.sending.watch import Watch

LOG = Log("gateway")
ROUND_BYTES = 1_000_000
_LOOK_S = 1.0
_LONGEST_PAUSE_S = 15.0


class Publisher(threading.Thread):
    """Publishes file by file, day by day, at least once: an event_id in each line makes a repeat count once.

    `open_sender` raises ServiceAway while Kafka is away; then it is asked again, and the samples wait on disk.
    """

    def __init__(
        self, inbox: Inbox, stream: Stream, open_sender: Callable[[], Sender], clock: Clock, *, keep_days: int
    ) -> None:
        super().__init__(name="publisher", daemon=True)
        self._inbox, self._stream, self._open_sender = inbox, stream, open_sender
        self._clock, self._keep = clock, timedelta(days=keep_days)
        self._wake = threading.Event()
        self._ends_at: float | None = None
        self._sender: Sender | None = None
        self._watch = Watch(LOG)
        self._cursors: dict[str, int] = {}
        self.published = 0
        self.skipped = 0

    def wake(self) -> None:
        """Tell it that there is something new."""
        self._wake.set()

    def end(self, within_s: float) -> bool:
        """Publish what is left, at most so many seconds; whether all was."""
        self._ends_at = time.monotonic() + within_s
        self._wake.set()
        self.join()
        return not any(self._waiting_bytes(day) for day in self._inbox.days())

    def run(self) -> None:
        pause_s = _LOOK_S
        while not self._is_over():
            try:
                if not self._round():
                    if self._ends_at is not None:
                        break
                    self._drop_old()
                    self._wait(_LOOK_S)
                pause_s = _LOOK_S
            except (ServiceAway, OSError) as away:
                LOG.warning("samples wait on disk", why=away, again_in_s=pause_s)
                self._wait(pause_s)
                pause_s = min(pause_s * 2, _LONGEST_PAUSE_S)
        self._close_sender()

    def _is_over(self) -> bool:
        return self._ends_at is not None and time.monotonic() > self._ends_at

    def _wait(self, seconds: float) -> None:
        self._wake.wait(seconds)
        self._wake.clear()

    def _round(self) -> bool:
        """Publish some lines of the first day that has any; False where none waits."""
        for day in self._inbox.days():
            start = self._cursor(day)
            if content := self._inbox.read(day, start, ROUND_BYTES):
                self._publish(content)
                self._cursors[day] = start + len(content)
                self._inbox.note_published(day, self._cursors[day])
                return True
        return False

    def _cursor(self, day: str) -> int:
        if day not in self._cursors:
            noted, size = self._inbox.published(day), self._inbox.size(day)
            if noted > size:
                LOG.warning("a day file is shorter than was published: it is another one, published from its start",
                            day=day, published=noted, bytes=size)
            self._cursors[day] = noted if noted <= size else 0
        return self._cursors[day]

    def _waiting_bytes(self, day: str) -> int:
        return len(self._inbox.read(day, self._cursor(day), ROUND_BYTES))

    def _publish(self, content: bytes) -> None:
        """Send the lines and wait until Kafka has each of them. Raises ServiceAway."""
        block = self._block(content)
        while len(block):
            self._send(block)
            lost = sorted(block.losses)
            if lost:
                LOG.warning("Kafka did not take some samples; they are sent again", samples=len(lost),
                            why=block.losses[lost[0]].why)
                self._wait(_LOOK_S)
            self.published += block.acknowledged
            block = block.only(lost)

    def _send(self, block: Block) -> None:
        if self._sender is None:
            self._sender = self._open_sender()
        queued = 0
        while not block.settled:
            queued += self._sender.send(block, queued)
            self._sender.pump(0.1)
            self._watch.look(self.published + block.acknowledged, len(block) - block.acknowledged)
            if self._is_over():
                self._close_sender()
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
            found = json.loads(line)
        except ValueError:
            return None
        subject = found.get(self._stream.subject) if isinstance(found, dict) else None
        return subject if isinstance(subject, str) else None

    def _drop_old(self) -> None:
        """Remove files of days long gone, once Kafka has all their lines."""
        oldest = f"{self._clock.now() - self._keep:%Y-%m-%d}"
        for day in self._inbox.days():
            if day < oldest and not self._waiting_bytes(day):
                self._inbox.remove(day)
                LOG.info("an old day file was removed", day=day)

    def _close_sender(self) -> None:
        if self._sender:
            if self._sender.outstanding:
                self._sender.abandon()
            self._sender.close()
        self._sender = None
