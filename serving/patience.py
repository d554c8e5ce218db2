"""How long the site waits for PostgreSQL: a server that holds its port and answers nothing is away too."""

from __future__ import annotations

import select
import time
from collections.abc import Callable
from typing import Any

import psycopg2
from psycopg2 import extensions

CONNECT_WITHIN_S, ANSWER_WITHIN_S = 5.0, 25.0
"""The second is above the 20 s that a page's statement may take, so that PostgreSQL's own word comes first."""

_EVENTS = {extensions.POLL_READ: select.POLLIN, extensions.POLL_WRITE: select.POLLOUT}


def limit_waiting(connect_s: float = CONNECT_WITHIN_S, answer_s: float = ANSWER_WITHIN_S) -> None:
    """From now on every connection of this process that waits longer raises OperationalError and is closed.

    libpq itself waits for ever: its time limits see a peer that is gone, and a frozen server's system still
    acknowledges. With it no COPY is possible in this process.
    """
    extensions.set_wait_callback(_waiting(connect_s, answer_s))


def _waiting(connect_s: float, answer_s: float) -> Callable[[Any], None]:
    def wait(connection: Any) -> None:
        limit_s = connect_s if connection.status == extensions.STATUS_SETUP else answer_s
        deadline = time.monotonic() + limit_s
        while (wanted := connection.poll()) != extensions.POLL_OK:
            ready = select.poll()
            ready.register(connection.fileno(), _EVENTS[wanted])
            left_s = deadline - time.monotonic()
            if left_s <= 0 or not ready.poll(left_s * 1000):
                raise psycopg2.OperationalError(f"PostgreSQL did not answer within {limit_s:g} s")

    return wait
