"""The inbox: a file of lines for each UTC day in the archive, and how far each has been published."""

from __future__ import annotations

import os
import re
import threading
from contextlib import suppress
from pathlib import Path

from metering.arrow.append import AppendFile, open_for_append
from metering.arrow.archive import Archive

FOLDER = "inbox"
_DAY_FILE = re.compile(rf"{FOLDER}/(\d{{4}}-\d\d-\d\d)\.jsonl")
_UNFINISHED = ".part"
_COPIED_BYTES = 1 << 20


class Inbox:
    """`append` belongs to one thread, all else to another. Bytes are counted from a file's start."""

    def __init__(self, archive: Archive) -> None:
        self._archive = archive
        self._file: AppendFile | None = None
        self._day = ""
        self._mutex = threading.Lock()
        self._durable: dict[str, int] = {}
        self._doubt: tuple[str, int] | None = None

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
            self._doubt = (day, self.size(day))
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

    def _cut(self, day: str, size: int) -> None:
        """Take away what lies behind `size`. HDFS, as its client here has it, cannot truncate: its file is replaced."""
        if not self._archive.is_local:
            open_for_append(self._archive, _path(day)).close()  # takes it from a writer still at it
        if (self._archive.size(_path(day)) or 0) <= size:
            return
        if self._archive.is_local:
            _truncate(Path(self._archive.full(_path(day))), size)
        else:
            self._keep_head(_path(day), size)

    def _keep_head(self, path: str, size: int) -> None:
        files, head = self._archive.files, path + _UNFINISHED
        with files.open_input_file(self._archive.full(path)) as whole:
            with files.open_output_stream(self._archive.full(head)) as copy:
                while left := size - whole.tell():
                    copy.write(whole.read(min(left, _COPIED_BYTES)))
        self._archive.rename(head, path)

    def close(self) -> None:
        if self._file:
            self._file.close()
        self._file = None

    def days(self) -> list[str]:
        """The days that have a file, in order."""
        found = (_DAY_FILE.fullmatch(self._archive.relative(file)) for file in self._archive.list(FOLDER))
        with self._mutex:
            return sorted({match.group(1) for match in found if match} | set(self._durable))

    def size(self, day: str) -> int:
        """Bytes of the day's file that are durable."""
        with self._mutex:
            if day in self._durable:
                return self._durable[day]
        return self._archive.size(_path(day)) or 0

    def read(self, day: str, start: int, most: int) -> bytes:
        """Whole lines from byte `start` on, about `most` bytes of them; a last line without its end is left."""
        length = min(self.size(day) - start, most)
        if length <= 0:
            return b""
        with self._archive.files.open_input_file(self._archive.full(_path(day))) as file:
            file.seek(start)
            content: bytes = file.read(length)
        return content[: content.rfind(b"\n") + 1]

    def published(self, day: str) -> int:
        """Up to which byte Kafka has the day's lines; 0 where nothing tells: they are then sent once more.

        Raises OSError where the archive is away: that is no reason to send all of them again.
        """
        path = self._archive.full(_cursor(day))
        with suppress(FileNotFoundError, ValueError):
            with self._archive.files.open_input_file(path) as file:
                return int(file.read())
        return 0

    def note_published(self, day: str, until: int) -> None:
        """Remember it, in place of what was remembered before: the old number or the new, never a part of one."""
        unfinished = _cursor(day) + _UNFINISHED
        with self._archive.files.open_output_stream(self._archive.full(unfinished)) as file:
            file.write(str(until).encode())
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
