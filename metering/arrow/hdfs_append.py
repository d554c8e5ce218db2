"""A growing file on HDFS: opened, written, forced to disk and closed at each append.

Only while it is closed can the file's last block be read, by anyone; so it is never held open. That costs some
milliseconds a call: append many lines at once.
"""

from __future__ import annotations

import time

from metering.arrow.archive import Archive
from metering.arrow.hdfs import HdfsAway, HdfsFiles, Writing, ask

RECOVERED_WITHIN_S = 15.0
"""HDFS takes the file from a writer that was killed: 2 to 5 s where its DataNodes are up."""

_POLL_S = 0.1


class HdfsAppendFile:
    """On HDFS. `open_for_append` gives one; its docstring and AppendFile's say what holds."""

    def __init__(self, archive: Archive, path: str) -> None:
        self._files: HdfsFiles = archive.files.handler.fs
        self._path = archive.full(path)
        self._before: bytes | None = self._mend()

    def _mend(self) -> bytes:
        """Make the file where it is absent, take it from a former writer; gives what must precede the net line."""
        if not self._files.exists(self._path):
            self._files.mkdir(self._path.rpartition("/")[0])
            Writing(ask(self._files.client.create, self._path)).close()
            return b""
        self._take_over()
        size = ask(self._files.client.get_file_info, self._path).length
        with self._files.open(self._path, "rb") as file:
            return b"\n" if size and file.read_range(size - 1, 1) != b"\n" else b""

    def _take_over(self) -> None:
        deadline = time.monotonic() + RECOVERED_WITHIN_S
        while not ask(self._files.client.recover_lease, self._path):
            if time.monotonic() > deadline:
                raise HdfsAway(f"HDFS: {self._path} is held by a writer that ended, and no DataNode gives it back yet")
            time.sleep(_POLL_S)

    def append(self, content: bytes) -> int:
        """See AppendFile."""
        before = self._mend() if self._before is None else self._before
        self._before = None
        writer = Writing(ask(self._files.client.append, self._path))
        writer.write(before + content)
        writer.close()
        self._before = b""
        return int(ask(self._files.client.get_file_info, self._path).length)

    def close(self) -> None:
        """Nothing is held open."""
