"""The proxy passes on what is said, late where it is to be late, and resets when it is to reset."""

from __future__ import annotations

import socket
import time
from collections.abc import Iterator

import pytest

from tests.lib.line_server import LineServer
from tests.lib.tcp_proxy import TcpProxy


@pytest.fixture
def proxy() -> Iterator[TcpProxy]:
    server = LineServer().start()
    try:
        with TcpProxy(server.port) as proxy:
            yield proxy
    finally:
        server.stop()


def connected(proxy: TcpProxy) -> socket.socket:
    return socket.create_connection(("127.0.0.1", proxy.port), timeout=5)


def ask(client: socket.socket) -> bytes:
    client.sendall(b"hello\n")
    return client.recv(10)


def test_it_passes_on_both_ways(proxy: TcpProxy) -> None:
    with connected(proxy) as client:
        assert ask(client) == b"ok\n"


def test_it_is_late_by_its_delay_each_way(proxy: TcpProxy) -> None:
    proxy.delay_s = 0.1
    with connected(proxy) as client:
        began = time.monotonic()
        assert ask(client) == b"ok\n"
    assert time.monotonic() - began >= 0.2


def test_it_resets_whoever_speaks(proxy: TcpProxy) -> None:
    proxy.resets = True
    with connected(proxy) as client, pytest.raises(ConnectionResetError):
        ask(client)


def test_connections_there_are_can_be_reset_and_new_ones_work(proxy: TcpProxy) -> None:
    with connected(proxy) as client:
        assert ask(client) == b"ok\n"
        proxy.reset_all()
        with pytest.raises(ConnectionResetError):
            client.recv(10)
    with connected(proxy) as client:
        assert ask(client) == b"ok\n"
