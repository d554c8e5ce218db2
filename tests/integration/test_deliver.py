"""`python -m serving deliver`: each change once in effect, in order, signed, whatever fails; every try kept."""

from __future__ import annotations

import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import psycopg2
import pytest

from metering.settings import child_environment
from tests.integration.conftest import SECRET
from tests.lib.programs import ROOT
from tests.lib.running import Running, until
from tests.lib.webhook_receiver import Receiver, receiving

pytestmark = pytest.mark.stack

HOOK_SECRET = "what the receiver knows too, of the tests"
Ask = Callable[..., list[tuple[Any, ...]]]
Start = Callable[..., Running]


@pytest.fixture
def ask(database_url: str) -> Iterator[Ask]:
    """Statements on an outbox that begins with two alerts, raised; one of them was withdrawn since."""
    with closing(psycopg2.connect(database_url)) as connection, connection.cursor() as cursor:
        connection.autocommit = True

        def asked(query: str, *values: Any) -> list[tuple[Any, ...]]:
            cursor.execute(query, values or None)
            return cursor.fetchall() if cursor.description else []

        asked("TRUNCATE webhook_delivery, outbox, alert, alert_rule RESTART IDENTITY")
        asked("INSERT INTO alert_rule (kind, percent) VALUES ('quota', 80)")
        for id in ("u1", "u2"):
            asked("INSERT INTO alert (rule, id, period_start, period_end, state, value, threshold, raised_at) "
                  "VALUES (1, %s, '2026-11-24T13:00Z', '2026-11-24T14:00Z', 'raised', 900, 800.80, now())", id)
        asked("UPDATE alert SET state = 'withdrawn', judged_at = now() WHERE id = 'u1'")
        yield asked


@pytest.fixture
def deliver(database_url: str, tmp_path: Path) -> Iterator[Start]:
    started: list[Running] = []

    def start(url: str, *arguments: str) -> Running:
        environment = child_environment(
            DATABASE_URL=database_url, SECRET_KEY=SECRET, LAMBDAMETER_HOME=str(tmp_path), LAMBDAMETER_LOG="json",
            LAMBDAMETER_WEBHOOK_URL=url, LAMBDAMETER_WEBHOOK_SECRET=HOOK_SECRET)
        command = [sys.executable, "-m", "serving", "deliver", *arguments]
        started.append(Running(command, environment, tmp_path / f"deliver-{len(started)}.log"))
        return started[-1]

    yield start
    for running in started:
        assert HOOK_SECRET not in running.text
        assert "/hook" not in running.text
        running.kill()


def waiting(ask: Ask) -> int:
    return int(ask("SELECT count(*) FROM outbox WHERE delivered_at IS NULL")[0][0])


def states(receiver: Receiver) -> list[tuple[str, str]]:
    return [(one["id"], one["state"]) for one in receiver.taken.values()]


def documented_check() -> Callable[..., bool]:
    """The receiver's check as docs/alerts.md has it."""
    text = (ROOT / "docs" / "alerts.md").read_text(encoding="utf-8")
    names: dict[str, Any] = {}
    exec(compile(text.partition("```python\n")[2].partition("```")[0], "alerts.md", "exec"), names)
    check: Callable[..., bool] = names["is_ours"]
    return check


def test_a_receiver_that_fails_twice_gets_each_state_once_in_effect_and_in_order(ask: Ask, deliver: Start) -> None:
    with receiving(lambda turn: {1: 500, 2: None}.get(turn, 200)) as receiver:
        running = deliver(receiver.url)
        until(lambda: waiting(ask) == 0, "all changes are delivered", 30)
        running.signal(signal.SIGTERM)
        assert running.wait(20) == 0

    assert sorted(states(receiver)) == [("u1", "raised"), ("u1", "withdrawn"), ("u2", "raised")]
    assert states(receiver).index(("u1", "raised")) < states(receiver).index(("u1", "withdrawn"))
    assert len(receiver.posted) == 5
    assert ask("SELECT status, error = '' FROM webhook_delivery ORDER BY id") == [
        (500, False), (None, False), (200, True), (200, True), (200, True)]
    assert ask("SELECT sum(attempts)::int FROM outbox") == [(5,)]


def test_every_try_is_signed_as_the_document_says_and_a_changed_byte_is_noticed(ask: Ask, deliver: Start) -> None:
    is_ours = documented_check()
    with receiving() as receiver:
        assert deliver(receiver.url, "--once").wait(30) == 0

    for one in receiver.posted:
        at = int(one.signature.partition(",")[0][2:])
        assert is_ours(HOOK_SECRET, one.signature, one.body)
        assert not is_ours("another", one.signature, one.body)
        assert not is_ours(HOOK_SECRET, one.signature, one.body + b" ")
        assert not is_ours(HOOK_SECRET, one.signature.replace(f"t={at}", f"t={at + 1}"), one.body)
        assert not is_ours(HOOK_SECRET, one.signature, one.body, now=at + 301)
        assert not is_ours(HOOK_SECRET, "", one.body)
    assert receiver.posted[0].payload == {
        "change": 1, "alert": 1, "state": "raised", "rule": 1, "kind": "quota", "percent": 80, "id": "u1",
        "currency": None, "period_start": "2026-11-24T13:00:00.000000Z", "period_end": "2026-11-24T14:00:00.000000Z",
        "value": "900", "threshold": "800.8", "raised_at": receiver.posted[0].payload["raised_at"],
        "judged_at": None, "delay_s": None}


def test_once_says_with_status_3_that_changes_wait_and_follows_no_redirect(ask: Ask, deliver: Start) -> None:
    with receiving(lambda _: 302) as receiver:
        running = deliver(receiver.url, "--once")
        assert running.wait(30) == 3

    assert {one.key for one in receiver.posted} == {"1", "2"}  # the withdrawal waits for the raising
    assert len(receiver.posted) == 2
    assert waiting(ask) == 3
    assert ask("SELECT DISTINCT error FROM webhook_delivery") == [("answered 302",)]


def test_behind_a_receiver_that_is_away_nothing_is_lost_and_one_try_is_made(ask: Ask, deliver: Start) -> None:
    with receiving() as receiver:
        url = receiver.url

    assert deliver(url, "--once").wait(30) == 3

    [(status, error)] = ask("SELECT status, error FROM webhook_delivery")
    assert status is None
    assert "cannot be reached" in error
    assert waiting(ask) == 3


def test_a_kill_between_the_post_and_its_note_posts_the_same_key_again(ask: Ask, deliver: Start) -> None:
    running: list[Running] = []

    def answer(turn: int) -> int | None:
        if turn == 1:
            running[0].kill()
        return 200

    with receiving(answer) as receiver:
        running.append(deliver(receiver.url))
        until(lambda: receiver.posted, "the first change is posted", 30)
        until(lambda: deliver(receiver.url, "--once").wait(30) == 0 and waiting(ask) == 0, "the next one ends it", 30)

    first, again = receiver.posted[:2]
    assert (first.key, first.body) == (again.key, again.body)
    assert sorted(states(receiver)) == [("u1", "raised"), ("u1", "withdrawn"), ("u2", "raised")]
    assert ask("SELECT error FROM webhook_delivery WHERE outbox = 1 ORDER BY id") == [
        ("the sender ended before it noted an answer",), ("",)]


def test_a_second_one_leaves_with_0_and_posts_nothing(ask: Ask, deliver: Start) -> None:
    with receiving(lambda _: 503) as receiver:
        first = deliver(receiver.url)
        first.wait_for("not delivered")
        with receiving() as other:
            second = deliver(other.url, "--once")
            assert second.wait(30) == 0
            assert second.lines("another delivery is at work")
        assert other.posted == []
