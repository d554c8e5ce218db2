"""Messages without an answer: in the order they were made, and on disk until they are answered."""

from __future__ import annotations

import fcntl
import json
import threading
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TextIO

from metering.domain.errors import BadSettings
from metering.telemetry import Log
from producers.sending.spill import kept_line

MOST = 100_000
"""Messages kept at most, some 25 MB: a week of one sample every 6 s."""


@dataclass(frozen=True)
class Kept:
    """A message and what keys it in Kafka; `value` is one line of JSON without its newline."""

    topic: str
    key: str
    value: str


class Outbox:
    """A queue that outlives its program: what a run leaves in the file, the next one with that file finds first.

    The file has the lines of a spill file, so `replay` reads it too. It is emptied when all is answered; after a
    kill it may hold answered messages as well, which are sent again under their event_id. Safe to use from two
    threads, by one program at a time. Raises BadSettings where another one holds the file, where it cannot be
    written, or where it holds messages of another topic.
    """

    def __init__(self, path: Path, topic: str, log: Log, most: int = MOST) -> None:
        self.path = path
        self._topic = topic
        self._log = log
        self._most = most
        self._lock = threading.Lock()
        self._file = _opened(path)
        self._fresh = deque(self._left_behind())
        self._asked: deque[Kept] = deque()
        self._lines = len(self._fresh)
        self._on_disk = True

    def _left_behind(self) -> Iterator[Kept]:
        self._file.seek(0)
        for number, line in enumerate(self._file, start=1):
            message = _read(line)
            if message is None:
                self._log.warning("a line is no message, left out", file=str(self.path), line=number)
            elif message.topic != self._topic:
                self._file.close()
                raise BadSettings([f"--unsent {self.path}, line {number}: a message of {message.topic}; want a file "
                                   f"of {self._topic}, or one that is not there yet"])
            else:
                yield message

    def put(self, message: Kept) -> bool:
        """Keep a message; False where there is no room for it."""
        with self._lock:
            if len(self) >= self._most:
                return False
            self._fresh.append(message)
            self._append(message)
            return True

    def _append(self, message: Kept) -> None:
        try:
            self._file.write(kept_line(message.topic, message.key.encode(), message.value.encode()))
            self._file.flush()
        except OSError as error:
            if self._on_disk:
                self._log.error("cannot keep on disk what waits, only in memory", file=str(self.path), why=str(error))
            self._on_disk = False
        self._lines += 1

    def ask(self) -> Kept | None:
        """The next message to send; it now awaits its answer."""
        with self._lock:
            if not self._fresh:
                return None
            self._asked.append(self._fresh.popleft())
            return self._asked[-1]

    def answered(self) -> Kept:
        """Let go of the first message that awaits its answer. Raises IndexError where none does."""
        with self._lock:
            message = self._asked.popleft()
            if not len(self) or self._lines >= 2 * self._most:
                self._rewrite()
            return message

    def _rewrite(self) -> None:
        waiting = [*self._asked, *self._fresh]
        self._file.seek(0)
        self._file.truncate()
        self._lines = 0
        for message in waiting:
            self._append(message)

    def again(self) -> None:
        """All that awaits an answer is to be sent once more, before the others."""
        with self._lock:
            self._fresh.extendleft(reversed(self._asked))
            self._asked.clear()

    @property
    def asked(self) -> int:
        """How many await their answer."""
        return len(self._asked)

    def __len__(self) -> int:
        return len(self._asked) + len(self._fresh)

    def close(self) -> None:
        """Let go of the file, which is removed where nothing waits."""
        with self._lock:
            if not len(self):
                self.path.unlink(missing_ok=True)
            self._file.close()


def _opened(path: Path) -> TextIO:
    """The file, held for this program alone."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        file = path.open("a+", encoding="utf-8")
    except OSError as error:
        raise BadSettings([f"--unsent {path}: cannot be written ({error.strerror})"]) from error
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        file.close()
        raise BadSettings([f"--unsent {path}: another sender uses it; want a file of its own"]) from error
    return file


def _read(line: str) -> Kept | None:
    """The message of a line; None for what a kill cut off and for what is not one line of text."""
    try:
        found = json.loads(line)
        message = Kept(str(found["topic"]), str(found["key"]), found["value"])
    except (ValueError, KeyError, TypeError):
        return None
    return message if isinstance(message.value, str) and "\n" not in message.value else None
