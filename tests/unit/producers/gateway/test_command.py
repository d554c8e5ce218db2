"""The gateway as a program, without any Kafka: what it refuses, what ends it, and the client of the documents."""

from __future__ import annotations

import re
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from metering.settings import child_environment
from tests.lib.line_server import LineServer
from tests.lib.running import Running

ROOT = Path(__file__).parents[4]
NOBODY = "127.0.0.1:9"


def environment(folder: Path, **settings: str) -> dict[str, str]:
    ours = {
        "KAFKA_BOOTSTRAP_SERVERS": NOBODY, "LAMBDAMETER_ARCHIVE": str(folder / "archive"),
        "LAMBDAMETER_HOME": str(folder / "home"), "LAMBDAMETER_CONF": str(folder / "conf"), "LAMBDAMETER_LOG": "json"}
    return child_environment(**ours | settings)


def run(folder: Path, *options: str, **settings: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "producers", "gateway", "--port", "0", *options], capture_output=True, text=True,
        env=environment(folder, **settings), timeout=60, check=False)


@contextmanager
def running(folder: Path, **settings: str) -> Iterator[tuple[Running, int]]:
    """A gateway and its port."""
    program = Running(
        [sys.executable, "-m", "producers", "gateway", "--port", "0", "--flush-s", "0.05"],
        environment(folder, **settings), folder / "log")
    try:
        yield program, program.wait_for("taking samples", within_s=60)["port"]
    finally:
        program.kill()


def say(port: int, *lines: str) -> list[str]:
    with socket.create_connection(("127.0.0.1", port), timeout=30) as connection:
        connection.sendall("".join(f"{line}\n" for line in lines).encode())
        connection.shutdown(socket.SHUT_WR)
        return connection.makefile().read().splitlines()


def test_options_that_cannot_be_are_refused_all_at_once(tmp_path: Path) -> None:
    ended = run(tmp_path, "--clients", "2000000000", "--buffer", "0", "--keep-days", "0")

    assert ended.returncode == 2
    assert [line.split()[1] for line in ended.stderr.splitlines()] == ["--buffer", "--keep-days", "--clients"]


def test_an_inbox_that_cannot_be_locked_ends_it_with_3(tmp_path: Path) -> None:
    (tmp_path / "file").touch()

    ended = run(tmp_path, LAMBDAMETER_ARCHIVE=str(tmp_path / "file" / "archive"))

    assert ended.returncode == 3
    assert "lock cannot be made" in ended.stderr
    assert "Traceback" not in ended.stderr


def test_without_kafka_samples_are_kept_it_says_so_and_it_ends_in_order(tmp_path: Path) -> None:
    with running(tmp_path) as (gateway, port):
        assert say(port, '{"machine_id":"m","cpu":1,"ram":2}', "{}") == [
            "ok", "error: machine_id: REQUIRED: a field is missing or null, found nothing"]
        gateway.wait_for("samples wait on disk", within_s=60)
        gateway.signal(signal.SIGTERM)
        assert gateway.wait(40) == 0, gateway.text
        assert gateway.lines("stopped")[0]["left"] == "some samples wait on disk for the next start"
        assert not gateway.traces


def test_a_part_that_fails_ends_the_gateway(tmp_path: Path) -> None:
    with running(tmp_path, LAMBDAMETER_ARCHIVE="mock:///archive") as (gateway, port):
        with socket.create_connection(("127.0.0.1", port)) as connection:
            connection.sendall(b'{"machine_id":"m","cpu":1,"ram":2}\n')
            assert gateway.wait(60) == 2
        assert "files cannot grow there" in gateway.text.splitlines()[-1]
        assert gateway.lines("a part of the gateway failed")


@pytest.fixture(scope="module")
def documented_client() -> str:
    text = (ROOT / "docs" / "operating.md").read_text(encoding="utf-8")
    section = text.partition("\n## The gateway\n")[2].partition("\n## ")[0]
    [client] = re.findall(r"^```python\n(.*?)^```", section, re.MULTILINE | re.DOTALL)
    return str(client)


def run_client(client: str, port: int) -> str:
    assert client.count("7070") == 1
    command = [sys.executable, "-c", client.replace("7070", str(port))]
    ran = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert ran.returncode == 0, ran.stderr
    return ran.stdout


def test_the_documented_client_has_its_samples_kept(tmp_path: Path, documented_client: str) -> None:
    with running(tmp_path) as (_, port):
        said = run_client(documented_client, port)

    [day] = (tmp_path / "archive" / "inbox").glob("*.jsonl")
    assert said == ""
    assert len(day.read_text().splitlines()) == 1


def test_the_documented_client_sends_again_what_was_not_answered_or_not_kept(documented_client: str) -> None:
    answers = iter([None, "error: archive: the sample was not kept: No space left on device", "ok"])
    server = LineServer(lambda line: next(answers)).start()
    try:
        run_client(documented_client, server.port)
    finally:
        server.stop()

    assert len(server.lines) == 3
    assert len(set(server.lines)) == 1
    assert server.event_ids[0]


def test_the_documented_client_tells_of_a_refused_sample_and_goes_on(documented_client: str) -> None:
    server = LineServer(lambda line: "error: cpu: RANGE: too much").start()
    try:
        said = run_client(documented_client, server.port)
    finally:
        server.stop()

    assert "error: cpu: RANGE" in said
    assert len(server.lines) == 1
