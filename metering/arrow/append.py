"""A file of lines in the archive that grows: each append is durable when it returns, on a local disk and on HDFS."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path
from typing import Protocol

from metering.arrow.archive import HDFS, Archive, flush_folders
from metering.domain.errors import BadSettings


class AppendFile(Protocol):
    """A file of lines open for appending, by one thread at a time. It has one writer; nothing here keeps a second away.

    What `append` has returned for survives kill -9, a lost connection and a power cut. An append that raised or
    was killed may have left any first part of its bytes, all or none of them. That torn line is ended by a
    newline before anything else follows it (at the next `open_for_append`, or the next `append` after one that
    raised), so a reader loses at most the lines of that append: it must take a line that is not whole for one
    that was never acknowledged, skip empty lines, and leave a last line without a newline alone.
    """

    def append(self, content: bytes) -> int:
        """Append whole lines (the last ends with a newline); the file's size after it, in bytes.

        Durable when it returns, and any program can read it then. Takes some milliseconds, on HDFS 5 to 40, however
        much it is: append many lines at once. Raises OSError where it may not be durable: it can be appended again.
        """

    def close(self) -> None:
        """Close it; what was appended is durable already. Closing again changes nothing."""


def open_for_append(archive: Archive, path: str) -> AppendFile:
    """Open the file `path` (relative to the archive's root) at its end; made, with its folders, where it is absent.

    On HDFS it takes the file from a writer that was killed, or is in the midst of an append: that one gets OSError.
    Raises OSError where the disk or HDFS does not do it, BadSettings for a storage that cannot append (s3).
    """
    if archive.is_local:
        return LocalAppendFile(archive, path)
    if archive.root.startswith(HDFS):
        from metering.arrow.hdfs_append import HdfsAppendFile

        return HdfsAppendFile(archive, path)
    raise BadSettings([f"LAMBDAMETER_ARCHIVE={archive.root!r}: files cannot grow there; want a local path or hdfs://"])


class LocalAppendFile:
    """On a local disk: written at the end and forced to disk."""

    def __init__(self, archive: Archive, path: str) -> None:
        self._path = Path(archive.full(path))
        self._descriptor: int | None = None
        archive.make_folder(path.rpartition("/")[0])
        self._open()
        flush_folders(self._path.parent, Path(archive.base))

    def _open(self) -> int:
        self._descriptor = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o640)
        size = os.fstat(self._descriptor).st_size
        if size and os.pread(self._descriptor, 1, size - 1) != b"\n":
            self._write(self._descriptor, b"\n")
        return self._descriptor

    def append(self, content: bytes) -> int:
        descriptor = self._open() if self._descriptor is None else self._descriptor
        try:
            return self._write(descriptor, content)
        except BaseException:
            self.close()
            raise

    @staticmethod
    def _write(descriptor: int, content: bytes) -> int:
        left = memoryview(content)
        while left:
            left = left[os.write(descriptor, left) :]
        os.fsync(descriptor)
        return os.fstat(descriptor).st_size

    def close(self) -> None:
        if self._descriptor is not None:
            descriptor, self._descriptor = self._descriptor, None
            with suppress(OSError):
                os.close(descriptor)
