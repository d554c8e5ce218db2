"""One gateway an inbox: two would cut each other's lines."""

from __future__ import annotations

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from metering.domain.errors import LambdameterError, ServiceAway


class AnotherGateway(LambdameterError):
    """Another gateway has the inbox."""

    exit_status = 5


@contextmanager
def only_gateway(folder: Path) -> Iterator[None]:
    """Hold the lock in `folder`; it ends with the process, however that ends. Raises AnotherGateway, ServiceAway.

    On HDFS the folder is this machine's home, and nothing keeps a gateway of another home away. HDFS lets one of the
    two append at a time, the other's senders are told; both publish every line, which counts once.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        file = (folder / "gateway.lock").open("a")
    except OSError as error:
        raise ServiceAway(f"the gateway's lock cannot be made: {error}") from error
    with file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise AnotherGateway(f"another gateway has the inbox (lock {file.name}); this one took nothing") from None
        yield
