"""A gateway's side of the line protocol, with nothing behind it: each line is answered as a test wants."""

from __future__ import annotations

import json
import socket
import socketserver
import threading
from collections.abc import Callable
from typing import Any

Answer = Callable[[str], str | None]
"""The answer to a line; None closes the connection without one."""


def always_ok(line: str) -> str | None:
    return "ok"


class LineServer:
    """Listens on a loopback port from `start` to `stop`, again after another `start`; keeps the lines it took."""

    def __init__(self, answer: Answer = always_ok) -> None:
        self.answer = answer
        self.lines: list[str] = []
        self.connections = 0
        self._server: socketserver.ThreadingTCPServer | None = None
        self._sockets: list[socket.socket] = []
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port: int = probe.getsockname()[1]

    def start(self) -> LineServer:
        outer = self

        class Handler(socketserver.StreamRequestHandler):
            def handle(self) -> None:
                outer._serve(self)

        class Server(socketserver.ThreadingTCPServer):
            allow_reuse_address = True
            daemon_threads = True

        self._server = Server(("127.0.0.1", self.port), Handler)
        threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True).start()
        return self

    def _serve(self, handler: socketserver.StreamRequestHandler) -> None:
        self.connections += 1
        self._sockets.append(handler.request)
        try:
            for raw in handler.rfile:
                self.lines.append(raw.decode().strip())
                answer = self.answer(self.lines[-1])
                if answer is None:
                    return
                handler.wfile.write(answer.encode() + b"\n")
        except (OSError, ValueError):
            return

    def stop(self) -> None:
        """Close the port and every connection."""
        if self._server:
            self._server.shutdown()
            self._server.server_close()
        for connection in self._sockets:
            try:
                connection.shutdown(socket.SHUT_RDWR)
            except OSError:
                continue
        self._server, self._sockets = None, []

    @property
    def samples(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.lines]

    @property
    def event_ids(self) -> list[str]:
        return [sample["event_id"] for sample in self.samples]
