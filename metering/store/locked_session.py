"""A session that holds the batch layer's lock and proves, by answering in time, that it is alive."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from types import TracebackType

import psycopg2
from psycopg2.extensions import cursor as Cursor

from metering.store.connection import connect, reaching_postgresql, try_lock

SILENT_S = 90
"""PostgreSQL ends a session that is silent this long, and its lock with it: a frozen run is overtaken."""

_PING_S = 20


class LockHeld(Exception):
    """Another run holds the lock."""


class LockedSession:
    """A connection with the advisory lock `name`, used by one transaction at a time and pinged in between."""

    def __init__(self, database_url: str, layer: str, name: str) -> None:
        self._connection = connect(database_url, layer)
        self._mutex = threading.Lock()
        self._over = threading.Event()
        if not try_lock(self._connection, name):
            self._connection.close()
            raise LockHeld(name)
        with self.transaction() as cursor:
            cursor.execute("SELECT set_config('idle_session_timeout', %(ms)s, false)", {"ms": str(SILENT_S * 1000)})
        self._pings = threading.Thread(target=self._ping, name="pings", daemon=True)
        self._pings.start()

    @contextmanager
    def transaction(self) -> Iterator[Cursor]:
        """One transaction, committed at the end, rolled back on any error. Raises ServiceAway."""
        with self._mutex, reaching_postgresql(), self._connection, self._connection.cursor() as cursor:
            yield cursor

    def _ping(self) -> None:
        while not self._over.wait(_PING_S):
            with suppress(psycopg2.Error), self._mutex, self._connection, self._connection.cursor() as cursor:
                cursor.execute("SELECT 1")

    def __enter__(self) -> LockedSession:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None,
                 trace: TracebackType | None) -> None:
        self._over.set()
        self._connection.close()
