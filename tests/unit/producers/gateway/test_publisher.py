"""The publisher: every line that was answered ok reaches Kafka, through outages, kills and other days."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest

from metering.arrow.archive import Archive
from metering.clock import TestClock
from metering.domain.errors import BadSettings, ServiceAway
from metering.streams.machines import RESOURCE_USAGE
from producers.gateway.inbox import Inbox
from producers.gateway.publisher import Publisher
from producers.sending.sender import Sender
from tests.lib.fake_sender import FakeSender

TODAY, YESTERDAY, LONG_AGO = "2026-11-24", "2026-11-23", "2026-10-01"


def sample(number: int, machine: str = "m1") -> bytes:
    return json.dumps({"machine_id": machine, "cpu": number, "ram": 1, "event_id": f"e{number}"}).encode() + b"\n"


@contextmanager
def publishing(folder: Path, connect: Callable[[], Sender], keep_days: int = 35) -> Iterator[tuple[Publisher, Inbox]]:
    inbox, clock = Inbox(Archive(str(folder))), TestClock(datetime(2026, 11, 24, 12, tzinfo=UTC))
    publisher = Publisher(inbox, RESOURCE_USAGE, connect, clock, keep_days=keep_days)
    publisher.start()
    try:
        yield publisher, inbox
    finally:
        publisher.end(0.2)


def wait_for(true: Callable[[], object]) -> None:
    deadline = time.monotonic() + 10
    while not true():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def values(sender: FakeSender) -> list[int]:
    return [json.loads(value or b"")["cpu"] for _, _, value in sender.kept]


def test_lines_reach_kafka_keyed_by_their_machine_and_once(tmp_path: Path) -> None:
    sender = FakeSender()
    with publishing(tmp_path, lambda: sender) as (publisher, inbox):
        for number in range(5):
            inbox.append(TODAY, sample(number, f"m{number % 2}"))
            publisher.wake()
        wait_for(lambda: publisher.published == 5)

    assert values(sender) == [0, 1, 2, 3, 4]
    assert [(topic, key) for topic, key, _ in sender.kept[:2]] == [("resource_usage", b"m0"), ("resource_usage", b"m1")]
    with publishing(tmp_path, lambda: sender) as (publisher, inbox):
        inbox.append(TODAY, sample(5))
        wait_for(lambda: publisher.published == 1)
    assert values(sender) == [0, 1, 2, 3, 4, 5]


def test_earlier_days_come_first(tmp_path: Path) -> None:
    inbox, sender = Inbox(Archive(str(tmp_path))), FakeSender()
    inbox.append(TODAY, sample(2))
    inbox.append(YESTERDAY, sample(1))

    with publishing(tmp_path, lambda: sender) as (publisher, _):
        wait_for(lambda: publisher.published == 2)

    assert values(sender) == [1, 2]


def test_kafka_away_at_the_start_and_on_the_way_is_waited_for(tmp_path: Path) -> None:
    sender, refusals = FakeSender(away=True, losing=1), iter([ServiceAway("not yet")])

    def connect() -> Sender:
        for refusal in refusals:
            raise refusal
        return sender

    with publishing(tmp_path, connect) as (publisher, inbox):
        inbox.append(TODAY, sample(1) + sample(2))
        wait_for(lambda: sender.outstanding)
        assert inbox.published(TODAY) == 0
        sender.away = False
        wait_for(lambda: publisher.published == 2)
        wait_for(lambda: inbox.published(TODAY) == inbox.size(TODAY))

    assert sorted(values(sender)) == [1, 2]


def test_a_kill_before_the_cursor_moved_sends_the_same_bytes_again(tmp_path: Path) -> None:
    sender = FakeSender()
    for _ in range(2):
        with publishing(tmp_path, lambda: sender) as (publisher, inbox):
            if not inbox.size(TODAY):
                inbox.append(TODAY, sample(1) + sample(2))
            wait_for(lambda publisher=publisher: publisher.published == 2)
            wait_for(lambda inbox=inbox: inbox.published(TODAY))
        next((tmp_path / "inbox").glob("*.published")).unlink()

    assert values(sender) == [1, 2, 1, 2]
    assert len({value for _, _, value in sender.kept}) == 2


def test_a_line_that_a_crash_tore_is_left_out_and_the_others_are_not(tmp_path: Path) -> None:
    inbox, sender = Inbox(Archive(str(tmp_path))), FakeSender()
    inbox.append(TODAY, sample(1))
    with (tmp_path / "inbox" / f"{TODAY}.jsonl").open("ab") as file:
        file.write(sample(2)[:-9])

    with publishing(tmp_path, lambda: sender) as (publisher, inbox):
        inbox.append(TODAY, sample(3))
        wait_for(lambda: publisher.published == 2)

    assert values(sender) == [1, 3]
    assert publisher.skipped == 1


def test_a_carriage_return_in_a_kept_line_does_not_part_it(tmp_path: Path) -> None:
    inbox, sender = Inbox(Archive(str(tmp_path))), FakeSender()
    inbox.append(TODAY, b'{"machine_id":"m1",\r"cpu":1,"ram":1,"event_id":"e"}\n')

    with publishing(tmp_path, lambda: sender) as (publisher, _):
        wait_for(lambda: publisher.published == 1)

    assert publisher.skipped == 0


def test_a_file_shorter_than_its_cursor_is_another_file_and_published_from_its_start(tmp_path: Path) -> None:
    inbox, sender = Inbox(Archive(str(tmp_path))), FakeSender()
    inbox.append(TODAY, sample(1))
    inbox.note_published(TODAY, 10_000, sample(1))

    with publishing(tmp_path, lambda: sender) as (publisher, _):
        wait_for(lambda: publisher.published == 1)

    assert values(sender) == [1]


def test_a_file_in_place_of_the_published_one_is_published_from_its_start_however_long_it_is(tmp_path: Path) -> None:
    inbox, sender = Inbox(Archive(str(tmp_path))), FakeSender()
    inbox.append(TODAY, sample(1) + sample(2))
    inbox.note_published(TODAY, 2 * len(sample(1)), sample(1) + sample(2))
    (tmp_path / "inbox" / f"{TODAY}.jsonl").write_bytes(sample(3) + sample(4) + sample(5))

    with publishing(tmp_path, lambda: sender) as (publisher, _):
        wait_for(lambda: publisher.published == 3)

    assert values(sender) == [3, 4, 5]


def test_a_client_that_takes_nothing_any_more_is_replaced(tmp_path: Path) -> None:
    senders = [FakeSender(losing=1_000_000), FakeSender()]
    given = iter(senders)

    with publishing(tmp_path, lambda: next(given)) as (publisher, inbox):
        inbox.append(TODAY, sample(1))
        wait_for(lambda: publisher.published == 1)

    assert senders[0].closed
    assert values(senders[1]) == [1]


@pytest.mark.parametrize("fault", [ServiceAway("no broker"), OSError("no disk"), BadSettings(["no right"])])
def test_new_samples_do_not_hurry_the_next_try(tmp_path: Path, fault: Exception) -> None:
    tries: list[float] = []

    def connect() -> Sender:
        tries.append(time.monotonic())
        raise fault

    with publishing(tmp_path, connect) as (publisher, inbox):
        inbox.append(TODAY, sample(1))
        ends_s = time.monotonic() + 1.5
        while time.monotonic() < ends_s:
            publisher.wake()
            time.sleep(0.01)
        assert 1 <= len(tries) <= 2
        assert publisher.is_alive()


def test_a_fault_nobody_thought_of_is_not_silent(tmp_path: Path) -> None:
    def connect() -> Sender:
        raise LookupError("a bug")

    with publishing(tmp_path, connect) as (publisher, inbox):
        inbox.append(TODAY, sample(1))
        wait_for(lambda: publisher.failure)

    assert isinstance(publisher.failure, LookupError)


def test_an_end_does_not_wait_for_a_client_that_never_connects(tmp_path: Path) -> None:
    let_go = threading.Event()

    def connect() -> Sender:
        let_go.wait(30)
        raise ServiceAway("after all")

    with publishing(tmp_path, connect) as (publisher, inbox):
        inbox.append(TODAY, sample(1))
        wait_for(lambda: inbox.days())
        time.sleep(0.1)
        began = time.monotonic()
        assert not publisher.end(0.1)
        assert time.monotonic() - began < 10
        let_go.set()


def test_what_no_reader_can_parse_is_left_out(tmp_path: Path) -> None:
    inbox, sender = Inbox(Archive(str(tmp_path))), FakeSender()
    inbox.append(TODAY, b"[" * 100_000 + b"\n" + b"\0" * 50 + b"\n" + b"[1]\n" + b'{"machine_id":1}\n' + sample(1))

    with publishing(tmp_path, lambda: sender) as (publisher, _):
        wait_for(lambda: publisher.published == 1)

    assert publisher.skipped == 4


@pytest.mark.parametrize("away", [False, True])
def test_old_files_go_once_kafka_has_them_whole(tmp_path: Path, away: bool) -> None:
    Inbox(Archive(str(tmp_path))).append(LONG_AGO, sample(1))
    sender = FakeSender(away=away)

    with publishing(tmp_path, lambda: sender) as (_, inbox):
        inbox.append(TODAY, sample(2))
        if away:
            wait_for(lambda: sender.outstanding)
            assert list(inbox.days()) == [LONG_AGO, TODAY]
        else:
            wait_for(lambda: list(inbox.days()) == [TODAY])


def test_an_end_in_order_publishes_the_rest_and_says_whether_it_could(tmp_path: Path) -> None:
    sender = FakeSender()
    with publishing(tmp_path, lambda: sender) as (publisher, inbox):
        inbox.append(TODAY, sample(1))
        assert publisher.end(5)
    assert values(sender) == [1]

    sender.away = True
    with publishing(tmp_path, lambda: sender) as (publisher, inbox):
        inbox.append(TODAY, sample(2))
        wait_for(lambda: sender.outstanding)
        assert not publisher.end(0.1)
