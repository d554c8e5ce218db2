"""The archive as a place: where its files live, on a local disk, on HDFS or on any storage pyarrow knows."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

import pyarrow.fs as pafs

from metering.domain.errors import BadSettings

HDFS = "hdfs://"


class Archive:
    """A place for files: a local path, hdfs://HOST:PORT/path, or a URI that pyarrow knows (s3, file).

    Raises BadSettings for an hdfs:// root that cannot be one, or without the packages of the `hdfs` extra.
    """

    def __init__(self, root: str) -> None:
        self.root = root
        if root.startswith(HDFS):
            self.files, self.base = _on_hdfs(root)
        elif "://" in root:
            self.files, self.base = pafs.FileSystem.from_uri(root)
        else:
            self.files, self.base = pafs.LocalFileSystem(), str(Path(root).absolute())
        self.is_local = isinstance(self.files, pafs.LocalFileSystem)

    def full(self, path: str) -> str:
        return f"{self.base.rstrip('/')}/{path}"

    def make_folder(self, path: str) -> None:
        self.files.create_dir(self.full(path), recursive=True)

    def size(self, path: str) -> int | None:
        """Bytes of a file, None where there is none."""
        found = self.files.get_file_info(self.full(path))
        return found.size if found.type == pafs.FileType.File else None

    def rename(self, source: str, target: str) -> None:
        """Rename, onto an existing file too, and make the name itself durable where that is ours to do."""
        self.files.move(self.full(source), self.full(target))
        if self.is_local:
            flush_folders(Path(self.full(target)).parent, Path(self.base))

    def remove(self, path: str) -> None:
        """Remove a file; absent is fine."""
        with suppress(FileNotFoundError):
            self.files.delete_file(self.full(path))

    def remove_folder(self, path: str) -> None:
        """Remove a folder with all that is in it; absent is fine."""
        with suppress(FileNotFoundError):
            self.files.delete_dir(self.full(path))

    def list(self, folder: str) -> Iterator[pafs.FileInfo]:
        """All files below a folder, with `path` as pyarrow names them; none where there is no folder."""
        selector = pafs.FileSelector(self.full(folder), recursive=True, allow_not_found=True)
        return (found for found in self.files.get_file_info(selector) if found.type == pafs.FileType.File)

    def relative(self, found: pafs.FileInfo) -> str:
        return str(found.path).removeprefix(self.base.rstrip("/") + "/").lstrip("/")


def _on_hdfs(root: str) -> tuple[pafs.FileSystem, str]:
    try:
        from metering.arrow.hdfs import open_hdfs
    except ModuleNotFoundError as error:
        raise BadSettings([f"LAMBDAMETER_ARCHIVE={root!r}: want `pip install lambdameter[hdfs]` ({error})"]) from error
    return open_hdfs(root)


def flush_folders(folder: Path, top: Path) -> None:
    """Flush a folder's entries and those of its parents up to `top`, since each may be new."""
    while True:
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
        if folder == top or folder == folder.parent:
            return
        folder = folder.parent


def hour_folder(topic: str, hour_us: int) -> str:
    """The folder of an event hour, UTC, zero-padded.

    >>> hour_folder("doors", 1613768400000000)
    'doors/year=2021/month=02/day=19/hour=21'
    """
    hour = datetime.fromtimestamp(hour_us / 1e6, UTC)
    return f"{topic}/year={hour.year}/month={hour.month:02}/day={hour.day:02}/hour={hour.hour:02}"
