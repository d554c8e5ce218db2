"""HDFS from Python alone (the wheel hdfs-native: no JVM, no libhdfs), as a file system that pyarrow knows.

Imported only where an archive's root begins with hdfs://, so that nobody else needs the packages of the `hdfs` extra.
What it relies on, seen on HDFS 3.5.0 with hdfs-native 0.14.7:

- hsync forces what was written to the DataNodes' disks; close alone leaves it in their page caches.
- A reader sees a file's last block only while no writer has the file open, whatever was hsynced.
- A rename is in the NameNode's journal, on disk, when it returns, and takes an existing file's place in one step.
"""

from __future__ import annotations

import io
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, wait
from contextlib import contextmanager
from functools import partial
from typing import Any, TypeVar
from urllib.parse import urlsplit

import pyarrow.fs as pafs
from hdfs_native import Client, FileReader, FileWriter
from hdfs_native.fsspec import HdfsFileSystem

from metering.domain.errors import BadSettings, ServiceAway

ANSWER_WITHIN_S = 60.0
"""A NameNode or DataNode that is frozen, or whose machine lost power, says nothing for ever; this ends the wait."""

PATIENCE = {"dfs.client.failover.max.attempts": "4", "dfs.client.failover.sleep.max.millis": "1000"}
"""A NameNode that refuses is asked again for some 3 s, time enough for a standby to take over; the default is 3 min.
Whoever asked tries again, and says so meanwhile."""

READABLE_WITHIN_S = 20.0
_POLL_S = 0.02
T = TypeVar("T")


class HdfsAway(ServiceAway, OSError):
    """HDFS does not answer, or not as it should: no verdict on the file. Nothing is lost, trying again is right."""


def open_hdfs(root: str) -> tuple[pafs.FileSystem, str]:
    """The file system of `hdfs://HOST:PORT/path` and the path; without a port, a name service of HADOOP_CONF_DIR.

    Says nothing to the NameNode yet. Raises BadSettings for a root that is not of that form.
    """
    parts = urlsplit(root)
    try:
        host, port = parts.netloc.partition(":")[0], parts.port
    except ValueError:
        host, port = "", None
    if not host or parts.query or parts.fragment or "@" in parts.netloc:
        raise BadSettings([f"LAMBDAMETER_ARCHIVE={root!r}: want hdfs://HOST:PORT/path (the user: HADOOP_USER_NAME)"])
    return pafs.PyFileSystem(pafs.FSSpecHandler(HdfsFiles(host, port, **PATIENCE))), parts.path


class HdfsFiles(HdfsFileSystem):
    """hdfs-native's file system with the archive's promises: files whole and on disk when closed, faults told apart.

    Raises FileNotFoundError and FileExistsError where HDFS says so, HdfsAway for every other fault.
    """

    client: Client
    cachable = False
    """fsspec empties its cache in a forked child, and a client that ends there waits for threads it does not have."""

    def info(self, path: str, **options: Any) -> dict[str, Any]:
        return ask(super().info, path, **options)

    def ls(self, path: str, detail: bool = True, **options: Any) -> list[Any]:
        return ask(super().ls, path, detail, **options)

    def find(
        self, path: str, maxdepth: int | None = None, withdirs: bool = False, detail: bool = False, **_: Any
    ) -> Any:
        """All below a folder, or (maxdepth 1) in it: one question to the NameNode for all of a tree."""
        statuses = ask(lambda: list(self.client.list_status(self._strip_protocol(path), maxdepth is None)))
        found = {status.path: self._convert_file_status(status) for status in statuses if withdirs or not status.isdir}
        return found if detail else sorted(found)

    def exists(self, path: str, **_: Any) -> bool:
        return self._type(path) != ""

    def isdir(self, path: str) -> bool:
        return self._type(path) == "directory"

    def isfile(self, path: str) -> bool:
        return self._type(path) == "file"

    def _type(self, path: str) -> str:
        """Unlike fsspec's own, silence is no answer."""
        try:
            return str(self.info(path)["type"])
        except FileNotFoundError:
            return ""

    def mkdir(self, path: str, create_parents: bool = True, **options: Any) -> None:
        ask(super().mkdir, path, create_parents, **options)

    def mv(self, path1: str, path2: str, **_: Any) -> None:
        """Rename in one step, onto an existing file too, as a local disk does."""
        ask(super().mv, path1, path2, overwrite=True)

    def rm(self, path: str, recursive: bool = False, maxdepth: int | None = None) -> None:
        ask(super().rm, path, recursive, maxdepth)

    def _open(self, path: str, mode: str = "rb", *arguments: Any, **options: Any) -> FileReader | Writing:
        if mode == "rb":
            whole = partial(self._open_whole, self._strip_protocol(path))
            return Reading(whole(), whole)
        return Writing(ask(super()._open, path, mode, *arguments, **options))

    def _open_whole(self, path: str) -> FileReader:
        """Wait until no appender hides the last block. Raises HdfsAway where one holds it too long, or was killed."""
        deadline = time.monotonic() + READABLE_WITHIN_S
        while True:
            length = ask(self.client.get_file_info, path).length
            reader = ask(self.client.read, path)
            if reader.size >= length:
                return reader
            if time.monotonic() > deadline:
                raise HdfsAway(f"HDFS: {path} is open for writing, or its writer was killed: its end cannot be read")
            time.sleep(_POLL_S)

    def _convert_file_status(self, file_status: Any) -> dict[str, Any]:
        row: dict[str, Any] = super()._convert_file_status(file_status)
        return row | {"mtime": file_status.modification_time / 1000}


class Reading(FileReader):
    """A reader whose faults are HdfsAway. It ends its waits itself.

    An append takes a file's last block away from who has it open; `again` opens the file as it is then.
    """

    def __init__(self, reader: FileReader, again: Callable[[], FileReader]) -> None:
        super().__init__(reader.inner)
        self._again = again

    def read(self, size: int = -1) -> bytes:
        place = self.tell()
        while True:
            try:
                return translated(super().read, size)
            except HdfsAway:
                grown = self._again()
                if grown.size <= self.size:
                    raise
                self.inner = grown.inner
                self.seek(place)


class Writing(io.RawIOBase):
    """A writer whose bytes are on the DataNodes' disks once it is closed. One that failed is given up."""

    def __init__(self, writer: FileWriter) -> None:
        self._writer = writer
        self._done = False

    @property
    def closed(self) -> bool:
        return self._done

    def writable(self) -> bool:
        return True

    def write(self, content: Any) -> int:
        with self._given_up_on_failure():
            return ask(self._writer.write, content)

    def close(self) -> None:
        if not self._done:
            self._done = True
            with self._given_up_on_failure():
                ask(self._writer.hsync)
                ask(self._writer.close)

    @contextmanager
    def _given_up_on_failure(self) -> Iterator[None]:
        try:
            yield
        except BaseException:
            self._done = True
            # Else the garbage collector would close it, and wait for HDFS as long as it takes.
            in_background(self._writer.close)
            raise


def ask(call: Callable[..., T], *arguments: Any, **options: Any) -> T:
    """What the call gives, within ANSWER_WITHIN_S. A call given up goes on in its thread, and no one hears of it."""
    return answer_of(in_background(call, *arguments, **options), ANSWER_WITHIN_S)


def in_background(call: Callable[..., T], *arguments: Any, **options: Any) -> Future[T]:
    answer: Future[T] = Future()

    def run() -> None:
        try:
            answer.set_result(call(*arguments, **options))
        except BaseException as error:
            answer.set_exception(error)

    threading.Thread(target=run, name="hdfs", daemon=True).start()
    return answer


def answer_of(answer: Future[T], within_s: float) -> T:
    """Wait for an answer. Raises HdfsAway where none comes, or one that is no verdict."""
    if wait([answer], within_s).not_done:
        raise HdfsAway(f"HDFS: no answer within {within_s:.0f} s")
    return translated(answer.result)


def translated(call: Callable[..., T], *arguments: Any) -> T:
    """Call; HDFS's verdicts as they are, every other fault as HdfsAway in one line."""
    try:
        return call(*arguments)
    except (FileNotFoundError, FileExistsError, HdfsAway):
        raise
    except (OSError, RuntimeError) as error:
        raise HdfsAway(f"HDFS: {' '.join(str(error).split())[:200]}") from error
