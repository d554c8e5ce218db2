"""One gateway an inbox: two would cut each other's lines."""

from __future__ import annotations

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from metering.domain.errors import LambdameterError


class AnotherGateway(LambdameterError):
    """Another gateway has the inbox."""

    exit_status = 5


@contextmanager
def only_gateway(folder: Path) -> Iterator[None]:
    """Hold the lock in `folder`; it ends with the process, however that ends. Raises AnotherGateway.

    On HDFS the folder is this machine's home: another machine's gateway is kept out by HDFS, which lets only the
    last one that opened a file append to it.
    """
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "gateway.lock").open("a") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise AnotherGateway(f"another gateway has the inbox (lock {file.name}); this one took nothing") from None
        yield
