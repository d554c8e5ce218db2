"""One post: what a receiver does never raises, and no wait is without an end."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

import pytest

from serving.webhook.post import post


@contextmanager
def answering(speak: Callable[[socket.socket], None]) -> Iterator[str]:
    """A listener that reads a request's head and then speaks as it likes; gives its address."""
    listening = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        with suppress(OSError):
            taken, _ = listening.accept()
            with taken:
                taken.recv(65_536)
                speak(taken)

    threading.Thread(target=serve, daemon=True).start()
    with listening:
        yield f"http://127.0.0.1:{listening.getsockname()[1]}/x"


def drip(taken: socket.socket) -> None:
    for letter in b"HTTP/1.1 200 OK\r\nX: " + b"a" * 1000:
        taken.sendall(bytes([letter]))
        time.sleep(0.02)


@pytest.mark.parametrize(
    ("spoken", "status", "error"),
    [
        (b"HTTP/1.1 204 No Content\r\n\r\n", 204, ""),
        (b"HTTP/1.1 299 Odd\r\nContent-Length: 9999999\r\n\r\n", 299, ""),  # its body is nobody's business
        (b"HTTP/1.1 500 Secret words\r\n\r\n", 500, "answered 500"),
        (b"HTTP/1.1 307 Moved\r\nLocation: http://127.0.0.1:1/\r\n\r\n", 307, "answered 307"),
        (b"SSH-2.0 hello\r\n", None, "no HTTP answer (BadStatusLine)"),
        (b"", None, "cannot be reached (RemoteDisconnected)"),
        (b"HTTP/1.1 200 OK\r\n" + b"x: y\r\n" * 200, None, "no HTTP answer (HTTPException)"),
    ])
def test_an_answer_is_a_status_or_a_line_without_the_receivers_words(
    spoken: bytes, status: int | None, error: str
) -> None:
    with answering(lambda taken: taken.sendall(spoken)) as url:
        found = post(url, b"{}", {}, wait_s=5)

    assert (found.status, found.error) == (status, error)
    assert found.taken is (error == "")


def test_a_receiver_that_says_nothing_is_let_go() -> None:
    with answering(lambda taken: time.sleep(3)) as url:
        found = post(url, b"{}", {}, wait_s=0.2)

    assert (found.status, found.error) == (None, "no answer in time")
    assert found.took_s < 2


def test_a_receiver_that_answers_letter_by_letter_is_let_go() -> None:
    with answering(drip) as url:
        found = post(url, b"{}", {}, wait_s=5, longest_s=0.3)

    assert (found.status, found.error) == (None, "no answer within 0.3 s")
    assert found.took_s < 3


def test_an_address_where_nobody_listens_and_a_name_that_is_none() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port = listening.getsockname()[1]

    assert "cannot be reached" in post(f"http://127.0.0.1:{port}/secret", b"", {}).error
    assert "secret" not in post(f"http://127.0.0.1:{port}/secret", b"", {}).error
    assert post("https://127.0.0.1:1/x", b"", {}).status is None
