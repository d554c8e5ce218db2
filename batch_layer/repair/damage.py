"""Which listed files are damaged."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from metering.arrow.archive import Archive
from metering.arrow.listed import DamagedFile, FileToRead, look_at
from metering.store.repair import CountingRow
from metering.telemetry import Log

LOG = Log("batch_layer")
_TOLD_EVERY_S = 10.0


@dataclass(frozen=True)
class Damage:
    """A listed file that is not what the manifest says, and why."""

    file: CountingRow
    why: str

    def __str__(self) -> str:
        return f"{self.why} (hour {self.file.hour:%Y-%m-%dT%H}, {self.file.rows} rows)"


def find_damage(
    archive: Archive, files: Sequence[CountingRow], stopping: threading.Event, *, every_byte: bool
) -> Iterator[Damage]:
    """Look at each file, telling now and then how far it is. Raises ServiceAway where the archive is away.

    A quick look is at the size and the footer; `every_byte` compares the digest of all, as is always done in hours
    whose latest try was not published.
    """
    told_at = time.monotonic()
    for number, file in enumerate(files):
        if stopping.is_set():
            return
        if time.monotonic() - told_at > _TOLD_EVERY_S:
            told_at = time.monotonic()
            LOG.info("looking", files=f"{number} of {len(files)}", at=f"{file.hour:%Y-%m-%dT%H}")
        try:
            digest = file.sha256 if every_byte or file.failed else ""
            look_at(archive, FileToRead(file.path, file.rows, file.size, sha256=digest))
        except DamagedFile as damage:
            yield Damage(file, str(damage))
