"""An archive on a local disk whose appends fail halfway, as on a full disk."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest


class FailingDisk:
    """`os.write` keeps `room` more bytes of the file, then has none; None: as much as one likes."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.room: int | None = None
        self._write = os.write
        monkeypatch.setattr(os, "write", self.write)

    def write(self, descriptor: int, content: bytes | memoryview) -> int:
        if self.room is None:
            return self._write(descriptor, content)
        if not self.room:
            raise OSError(errno.ENOSPC, "No space left on device")
        written = self._write(descriptor, content[: self.room])
        self.room -= written
        return written


def kept(archive: Path, day: str) -> bytes:
    return (archive / "inbox" / f"{day}.jsonl").read_bytes()
