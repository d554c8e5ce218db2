"""jars.lock: which jars belong together, by SHA-256; what is kept must be what it names."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from metering.domain.errors import Damaged
from metering.spark.ivy import Module

LOCK = Path(__file__).with_name("jars.lock")
HEADING = "# sha256  set  file-name  coordinates; written by `python -m metering.spark.jars --write-lock`\n"
STAMP = "checked"


@dataclass(frozen=True)
class LockedJar:
    """One line of jars.lock: `sha256  set  file-name  organisation:name:revision`."""

    sha256: str
    jar_set: str
    file_name: str
    coordinates: str

    @property
    def module(self) -> Module:
        return Module.parse(self.coordinates)


def read_lock(path: Path = LOCK) -> dict[str, list[LockedJar]]:
    """The jars of each set, in the order of the file."""
    sets: dict[str, list[LockedJar]] = {}
    for line in path.read_text(encoding="utf-8").splitlines():
        if line and not line.startswith("#"):
            jar = LockedJar(*line.split())
            sets.setdefault(jar.jar_set, []).append(jar)
    return sets


def write_lock(jars: Iterable[LockedJar], path: Path = LOCK) -> None:
    """Write jars.lock, whole or not at all."""
    lines = (f"{jar.sha256}  {jar.jar_set}  {jar.file_name}  {jar.coordinates}\n" for jar in jars)
    _write(path, HEADING + "".join(lines))


def is_whole(folder: Path, wanted: Sequence[LockedJar]) -> bool:
    """Whether every jar is there, whatever is in it."""
    return all((folder / jar.file_name).is_file() for jar in wanted)


def check(folder: Path, wanted: Sequence[LockedJar]) -> None:
    """Raise Damaged if a jar is not what the lock says.

    Sums are taken once; afterwards size and time of change, kept in a stamp file, must be the same.
    """
    stamp = folder / STAMP
    now = _stamp(folder, wanted)
    if stamp.is_file() and stamp.read_text(encoding="utf-8") == now:
        return
    check_sums(folder, wanted)
    if os.access(folder, os.W_OK):
        _write(stamp, now)


def check_sums(folder: Path, wanted: Sequence[LockedJar]) -> None:
    """Raise Damaged naming each jar whose SHA-256 is not the lock's."""
    wrong = [jar.file_name for jar in wanted if sha256_of(folder / jar.file_name) != jar.sha256]
    if wrong:
        cure = "delete that folder and run `lambdameter jars` to fetch it again"
        raise Damaged(f"{', '.join(wrong)} in {folder}: not what jars.lock names; {cure}")


def sha256_of(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _stamp(folder: Path, wanted: Sequence[LockedJar]) -> str:
    lines = []
    for jar in wanted:
        status = (folder / jar.file_name).stat()
        lines.append(f"{jar.sha256} {status.st_size} {status.st_mtime_ns} {jar.file_name}\n")
    return "".join(lines)


def _write(path: Path, text: str) -> None:
    fresh = path.with_name(f"{path.name}.{os.getpid()}")
    fresh.write_text(text, encoding="utf-8")
    fresh.replace(path)
