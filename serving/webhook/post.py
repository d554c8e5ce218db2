"""One POST of one body, with an end to every wait."""

from __future__ import annotations

import socket
import ssl
import threading
import time
from collections.abc import Mapping
from contextlib import suppress
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from urllib.parse import urlsplit

from metering.store.outbox import Answer

WAIT_S = 10.0
"""For the connection and for each part of the answer."""

LONGEST_S = 30.0
"""For all of it: a receiver that answers letter by letter is let go."""


def post(url: str, body: bytes, headers: Mapping[str, str], *, wait_s: float = WAIT_S,
         longest_s: float = LONGEST_S) -> Answer:
    """Post, and tell what came of it; never raises for what a receiver or a network does.

    Taken is a status of 200 … 299. No redirect is followed: the address is the operator's alone. The answer's body
    is not read.
    """
    parts = urlsplit(url)
    connection = _connection(parts.scheme, str(parts.hostname), parts.port, wait_s)
    overdue = threading.Event()
    ending = threading.Timer(longest_s, _break_off, (connection, overdue))
    ending.daemon = True
    began = time.monotonic()
    ending.start()
    try:
        path = parts._replace(scheme="", netloc="").geturl() or "/"
        connection.request("POST", path, body, dict(headers))
        status: int | None = connection.getresponse().status
        error = "" if status and 200 <= status < 300 else f"answered {status}"
    except (OSError, HTTPException) as fault:
        status, error = None, _told(fault)
    finally:
        ending.cancel()
        connection.close()
    if overdue.is_set():
        # What was cut off may look like a whole answer: a head ends where its connection does.
        status, error = None, f"no answer within {longest_s:g} s"
    return Answer(status, error, time.monotonic() - began)


def _connection(scheme: str, host: str, port: int | None, wait_s: float) -> HTTPConnection:
    if scheme == "https":
        return HTTPSConnection(host, port, timeout=wait_s, context=ssl.create_default_context())
    return HTTPConnection(host, port, timeout=wait_s)


def _break_off(connection: HTTPConnection, overdue: threading.Event) -> None:
    overdue.set()
    with suppress(OSError):
        if connection.sock:
            connection.sock.shutdown(socket.SHUT_RDWR)


def _told(fault: OSError | HTTPException) -> str:
    """The fault in a line: what the receiver sent stays out of it."""
    if isinstance(fault, TimeoutError):
        return "no answer in time"
    if isinstance(fault, OSError):
        return f"cannot be reached ({fault.strerror or type(fault).__name__})"[:200]
    return f"no HTTP answer ({type(fault).__name__})"
