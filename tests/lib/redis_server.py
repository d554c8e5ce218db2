"""A Redis of a test's own, which it may freeze, empty and kill."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from local_stack.redis import Redis
from local_stack.state import Home


@contextmanager
def redis_server(folder: Path) -> Iterator[Redis]:
    """A running Redis in a new home; stopped at the end. Its `env()` has REDIS_URL."""
    home = Home(folder / "redis home")
    home.make()
    server = Redis(home)
    try:
        server.start()
        server.wait_ready()
        yield server
    finally:
        server.stop()
