"""A webhook's receiver on a loopback port: keeps what was posted, and answers as a test wants."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass(frozen=True)
class Posted:
    """One request as it came. `answered` is None where the connection was closed without an answer."""

    key: str
    signature: str
    body: bytes
    answered: int | None

    @property
    def payload(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self.body)
        return found


@dataclass
class Receiver:
    """`answer`: the status for the n-th request (from 1); None closes the connection."""

    answer: Callable[[int], int | None]
    port: int = 0
    posted: list[Posted] = field(default_factory=list)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/hook?of=tests"

    @property
    def taken(self) -> dict[str, dict[str, Any]]:
        """Key → payload of what was answered with 2xx: what a receiver that keeps keys has in effect, in its order."""
        return {one.key: one.payload for one in self.posted if one.answered and one.answered < 300}


@contextmanager
def receiving(answer: Callable[[int], int | None] = lambda _: 204) -> Iterator[Receiver]:
    """A receiver that listens until the end of the block."""
    receiver = Receiver(answer)
    turns = threading.Lock()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            with turns:
                status = receiver.answer(len(receiver.posted) + 1)
                receiver.posted.append(Posted(
                    self.headers["Idempotency-Key"], self.headers["Lambdameter-Signature"], body, status))
            if status is None:
                self.close_connection = True
                return
            self.send_response(status)
            if status in (301, 302, 307):
                self.send_header("Location", f"http://127.0.0.1:{receiver.port}/elsewhere")
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            return

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    receiver.port = server.server_port
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    try:
        yield receiver
    finally:
        server.shutdown()
        server.server_close()
