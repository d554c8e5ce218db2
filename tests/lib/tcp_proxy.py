"""A loopback port that passes connections on to another: at once, late, or not at all."""

from __future__ import annotations

import socket
import struct
import threading
import time
from contextlib import suppress
from types import TracebackType

_RESET_ON_CLOSE = struct.pack("ii", 1, 0)
_CHUNK_BYTES = 65_536


class TcpProxy:
    """Listens while its `with` block runs. `delay_s`: so much later is each chunk passed on, either way.
    `resets`: whoever says something is answered with a reset.
    """

    def __init__(self, target_port: int) -> None:
        self.delay_s = 0.0
        self.resets = False
        self._target_port = target_port
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listening.getsockname()[1]
        self._sockets: list[socket.socket] = []

    def __enter__(self) -> TcpProxy:
        threading.Thread(target=self._accept, name="tcp-proxy", daemon=True).start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._listening.close()
        self.reset_all()

    def reset_all(self) -> None:
        """Reset every connection there is."""
        for one in self._sockets:
            _reset(one)
        self._sockets = []

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                client, _ = self._listening.accept()
                self._connect(client)

    def _connect(self, client: socket.socket) -> None:
        try:
            server = socket.create_connection(("127.0.0.1", self._target_port))
        except OSError:
            _reset(client)
            return
        self._sockets += [client, server]
        for source, sink in ((client, server), (server, client)):
            threading.Thread(target=self._pass_on, args=(source, sink), name="tcp-proxy", daemon=True).start()

    def _pass_on(self, source: socket.socket, sink: socket.socket) -> None:
        with suppress(OSError):
            while chunk := source.recv(_CHUNK_BYTES):
                if self.resets:
                    break
                time.sleep(self.delay_s)
                sink.sendall(chunk)
        for one in (source, sink):
            _reset(one)


def _reset(one: socket.socket) -> None:
    with suppress(OSError):
        one.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET_ON_CLOSE)
        # Wakes the thread that reads it, and says nothing to the other side, as SHUT_RDWR would.
        one.shutdown(socket.SHUT_RD)
    one.close()
