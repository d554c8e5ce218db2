"""The inbox: a file of lines for each UTC day in the archive, and how far each has been published."""

from __future__ import annotations

import os
import re
import threading
from contextlib import suppress
from pathlib import Path

from metering.arrow.append import AppendFile, open_for_append
from metering.arrow.archive import Archive
from metering.telemetry import Log

LOG = Log("gateway")
FOLDER = "inbox"
_DAY_FILE = re.compile(rf"{FOLDER}/(\d{{4}}-\d\d-\d\d)\.jsonl")
_UNFINISHED = ".part"
_COPIED_BYTES = 1 << 20
_TAIL_BYTES = 200


class Inbox:
    """`append` belongs to one thread, all else to another. Bytes are counted from a file's start."""

    def __init__(self, archive: Archive) -> None:
        self._archive = archive
        self._file: AppendFile | None = None
        self._day = ""
        self._mutex = threading.Lock()
        self._durable: dict[str, int] = {}
        self._doubt: tuple[str, int, bytes] | None = None

    def append(self, day: str, content: bytes) -> None:
        """Append whole lines to the day's file; durable when it returns. Raises OSError where that is not certain.

        An append that failed may have left whole lines behind. Their senders are told that they were not kept, and
        may send them again under another event_id: they are cut off, before anything else is appended.
        """
        self._settle_doubt()
        file = self._opened(day)
        try:
            self._note(day, file.append(content))
        except OSError:
            self.close()
            self._doubt = (day, self.size(day), content)
            with suppress(OSError):
                self._settle_doubt()
            raise

    def _opened(self, day: str) -> AppendFile:
        if self._file is None or day != self._day:
            self.close()
            self._file, self._day = open_for_append(self._archive, _path(day)), day
            # From now on only what an append returned for is durable, whatever the file holds.
            self._note(day, self._archive.size(_path(day)) or 0)
        return self._file

    def _note(self, day: str, size: int) -> None:
        with self._mutex:
            self._durable[day] = size

    def _settle_doubt(self) -> None:
        if self._doubt is not None:
            self._cut(*self._doubt)
            self._doubt = None

    def _cut(self, day: str, size: int, failed: bytes) -> None:
        """Take away what `failed` left behind `size`. HDFS, as its client here has it, cannot truncate: its file is
        replaced. What another gateway wrote there, by mistake or in place of this one, stays."""
        if not self._archive.is_local:
            open_for_append(self._archive, _path(day)).close()  # takes it from a writer still at it
        stored = self._archive.size(_path(day)) or 0
        if stored <= size or not self._is_left_of(failed, day, size, stored):
            return
        if self._archive.is_local:
            _truncate(Path(self._archive.full(_path(day))), size)
        else:
            self._keep_head(_path(day), size, stored)

    def _is_left_of(self, failed: bytes, day: str, start: int, end: int) -> bool:
        """Whether these bytes are the first of `failed`, which may follow the newline that ends a torn line."""
        left = self._bytes(day, start, end - start)
        return failed.startswith(left) or (b"\n" + failed).startswith(left)

    def _keep_head(self, path: str, size: int, stored: int) -> None:
        files, head = self._archive.files, path + _UNFINISHED
        with files.open_input_file(self._archive.full(path)) as whole:
            with files.open_output_stream(self._archive.full(head)) as copy:
                while left := size - whole.tell():
                    copy.write(whole.read(min(left, _COPIED_BYTES)))
        if self._archive.size(path) == stored:
            self._archive.rename(head, path)

    def close(self) -> None:
        if self._file:
            self._file.close()
        self._file = None

    def days(self) -> dict[str, int]:
        """The days that have a file, in order, each with the bytes of it that are durable."""
        files = {self._archive.relative(file): file.size for file in self._archive.list(FOLDER)}
        stored = {match[1]: size for path, size in files.items() if (match := _DAY_FILE.fullmatch(path))}
        with self._mutex:
            return dict(sorted((stored | self._durable).items()))

    def size(self, day: str) -> int:
        """Bytes of the day's file that are durable."""
        # Looked at first: what is known later does not hold bytes of an append that has not returned.
        stored = self._archive.size(_path(day)) or 0
        with self._mutex:
            return self._durable.get(day, stored)

    def read(self, day: str, start: int, most: int) -> bytes:
        """Whole lines from byte `start` on, about `most` bytes of them; a last line without its end is left."""
        length = min(self.size(day) - start, most)
        content = self._bytes(day, start, length) if length > 0 else b""
        whole = content[: content.rfind(b"\n") + 1]
        if not whole and length == most:  # a power cut can leave more rubbish than that
            return self.read(day, start, 2 * most)
        return whole

    def _bytes(self, day: str, start: int, length: int) -> bytes:
        with self._archive.files.open_input_file(self._archive.full(_path(day))) as file:
            file.seek(start)
            return bytes(file.read(length))

    def published(self, day: str) -> int:
        """Up to which byte Kafka has the day's lines; 0 where nothing tells: they are then sent once more.

        So they are where the file does not hold what was noted: it is another one, as after a restore. Raises
        OSError where the archive is away: that is no reason to send all of them again.
        """
        try:
            with self._archive.files.open_input_file(self._archive.full(_cursor(day))) as file:
                number, _, tail = bytes(file.read()).partition(b"\n")
        except FileNotFoundError:
            return 0
        until = int(number) if number.isdigit() else 0
        if 0 < len(tail) <= until <= self.size(day) and self._bytes(day, until - len(tail), len(tail)) == tail:
            return until
        LOG.warning("a day file is not the one that was published, it is published from its start", day=day)
        return 0

    def note_published(self, day: str, until: int, content: bytes) -> None:
        """Remember it, and how `content`, the lines before it, ends; in place of what was remembered before."""
        unfinished = _cursor(day) + _UNFINISHED
        with self._archive.files.open_output_stream(self._archive.full(unfinished)) as file:
            file.write(b"%d\n" % until + content[-_TAIL_BYTES:])
        self._archive.rename(unfinished, _cursor(day))

    def remove(self, day: str) -> None:
        """Remove a day's file and what was remembered of it; absent is fine."""
        with self._mutex:
            self._durable.pop(day, None)
        self._archive.remove(_path(day))
        self._archive.remove(_cursor(day))


def _truncate(path: Path, size: int) -> None:
    with path.open("rb+") as file:
        file.truncate(size)
        os.fsync(file.fileno())


def _path(day: str) -> str:
    return f"{FOLDER}/{day}.jsonl"


def _cursor(day: str) -> str:
    return f"{FOLDER}/{day}.published"
