"""Sending to a gateway: every line ends acknowledged, refused, or kept in the file, and keeps its event_id."""

from __future__ import annotations

import itertools
import json
import logging
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from metering.domain.errors import ServiceAway
from metering.streams.machines import RESOURCE_USAGE
from metering.telemetry import Log
from producers.sending.block import Block
from producers.sending.tcp import TcpDelivery
from producers.sending.way import about_a_line, to_gateway
from producers.stop import Stop
from producers.targets import Target
from tests.lib.line_server import LineServer
from tests.lib.running import until

LOG = Log("test")


@pytest.fixture
def server() -> Iterator[LineServer]:
    server = LineServer()
    yield server
    server.stop()


@pytest.fixture
def unsent(tmp_path: Path) -> Path:
    return tmp_path / "unsent.jsonl"


def _delivery(server: LineServer, unsent: Path, stop: Stop | None = None) -> TcpDelivery:
    return to_gateway(Target("tcp", "127.0.0.1", server.port), RESOURCE_USAGE, unsent, stop or Stop(), LOG)


def _block(count: int, first: int = 0) -> Block:
    values = [json.dumps({"event_id": f"e{number}"}).encode() for number in range(first, first + count)]
    return Block("resource_usage", [b"vera"] * count, values)


def _ids(count: int) -> list[str]:
    return [f"e{number}" for number in range(count)]


def test_all_is_sent_in_order_and_acknowledged(server: LineServer, unsent: Path) -> None:
    server.start()
    delivery = _delivery(server, unsent)

    for first in range(0, 2_000, 500):
        delivery.send(_block(500, first))
    outcome = delivery.finish()

    assert (outcome.sent, outcome.acknowledged, outcome.failed) == (2_000, 2_000, 0)
    assert server.event_ids == _ids(2_000)
    assert server.connections == 1
    assert not unsent.exists()


def test_lines_wait_for_a_gateway_that_comes_later(
    server: LineServer, unsent: Path, caplog: pytest.LogCaptureFixture
) -> None:
    delivery = _delivery(server, unsent)
    with caplog.at_level(logging.INFO):
        delivery.send(_block(3))
        until(lambda: caplog.records, "told of")
        assert delivery.counts.waiting == 3
        server.start()
        until(lambda: delivery.counts.acknowledged == 3, "all acknowledged", 10)

    delivery.finish()
    assert server.event_ids == _ids(3)
    said = [record.getMessage() for record in caplog.records]
    assert said[:2] == ["the gateway does not answer, samples are kept", "the gateway answers again"]


def test_unanswered_lines_are_sent_again_with_the_same_event_id_after_a_reconnect(
    server: LineServer, unsent: Path
) -> None:
    seen = itertools.count()
    server.answer = lambda line: None if next(seen) == 5 else "ok"
    server.start()
    delivery = _delivery(server, unsent)

    delivery.send(_block(20))
    outcome = delivery.finish()

    assert outcome.acknowledged == 20
    assert server.connections == 2
    assert list(dict.fromkeys(server.event_ids)) == _ids(20)
    assert server.event_ids.count("e5") == 2


def test_a_refused_line_is_told_of_and_let_go(
    server: LineServer, unsent: Path, caplog: pytest.LogCaptureFixture
) -> None:
    server.answer = lambda line: "error: cpu: RANGE: want 0 … 100" if "e1" in line else "ok"
    server.start()
    delivery = _delivery(server, unsent)

    delivery.send(_block(3))
    outcome = delivery.finish()

    assert (outcome.acknowledged, outcome.failed, delivery.counts.refused) == (2, 1, 1)
    assert server.event_ids == _ids(3)
    refused = next(record for record in caplog.records if record.getMessage() == "sample refused")
    assert refused.__dict__["facts"]["why"] == "cpu: RANGE: want 0 … 100"
    with pytest.raises(ServiceAway, match=r"1 of 3 .* refused"):
        outcome.tell(LOG)


@pytest.mark.parametrize("answer", [
    "error: clients: 1000 are connected already", "error: archive: the sample was not kept: No space left",
    "HTTP/1.1 400 Bad Request"])
def test_an_answer_that_is_not_about_the_line_lets_no_line_go(answer: str, server: LineServer, unsent: Path) -> None:
    answers = itertools.chain([answer], itertools.repeat("ok"))
    server.answer = lambda line: next(answers)
    server.start()
    delivery = _delivery(server, unsent)

    delivery.send(_block(1))
    outcome = delivery.finish()

    assert (outcome.acknowledged, outcome.failed) == (1, 0)
    assert server.event_ids == ["e0", "e0"]


@pytest.mark.parametrize(("said", "expected"), [
    ("cpu_usage: SCHEMA: …", True), ("event_id: ID: …", True), ("line: SIZE: longer than 65536 bytes", True),
    ("line: none for 600 s; connect again", False), ("clients: 1000 are connected already", False), ("", False),
])
def test_what_an_error_is_about(said: str, expected: bool) -> None:
    assert about_a_line(RESOURCE_USAGE, said) is expected


@pytest.mark.parametrize("goodbye", ["", "\nerror: line: none for 600 s; connect again"])
def test_a_gateway_may_close_an_idle_connection_and_is_not_told_off(
    goodbye: str, server: LineServer, unsent: Path, caplog: pytest.LogCaptureFixture
) -> None:
    server.answer = lambda line: f"ok{goodbye}"
    server.start()
    with caplog.at_level(logging.INFO):
        delivery = _delivery(server, unsent)
        delivery.send(_block(1))
        until(lambda: delivery.counts.acknowledged, "acknowledged", 10)

        server.stop()
        until(lambda: not delivery.is_connected, "it noticed", 10)
        server.start()
        delivery.send(_block(1, first=1))
        outcome = delivery.finish()

    assert outcome.acknowledged == 2
    assert server.event_ids == _ids(2)
    assert not caplog.records


def test_what_was_never_answered_is_kept_and_goes_first_in_the_next_run(server: LineServer, unsent: Path) -> None:
    stop = Stop()
    delivery = _delivery(server, unsent, stop)
    delivery.send(_block(3))
    stop.ask()
    stop.ask()
    outcome = delivery.finish()
    with pytest.raises(ServiceAway, match=r"3 of 3 .* kept in .*unsent\.jsonl: the next run"):
        outcome.tell(LOG)

    server.start()
    again = _delivery(server, unsent)
    again.send(_block(1, first=3))
    second = again.finish()

    assert second.acknowledged == 4
    assert server.event_ids == _ids(4)
    assert not unsent.exists()


def test_a_gateway_that_takes_lines_and_never_answers_does_not_hold_up_the_end(unsent: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        stop = Stop()
        delivery = to_gateway(Target("tcp", "127.0.0.1", silent.getsockname()[1]), RESOURCE_USAGE, unsent, stop, LOG)
        delivery.send(_block(1))
        stop.ask()
        stop.ask()

        outcome = delivery.finish()

    assert outcome.failed == 1
    assert outcome.elapsed_s < 5
    assert len(unsent.read_text().splitlines()) == 1
