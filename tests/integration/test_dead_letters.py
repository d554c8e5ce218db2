"""Dead letters on real Kafka and PostgreSQL: replayed once whatever fails, discarded, found; gaps acknowledged."""

from __future__ import annotations

import hashlib
import os
import signal
import subprocess
import sys
import uuid
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from typing import Any

import psycopg2
import pytest
from kafka import KafkaConsumer, KafkaProducer, TopicPartition
from psycopg2.extensions import connection as Connection

from local_stack import Stack
from metering.domain.errors import ServiceAway
from metering.domain.event import Position
from metering.kafka.resend import MARK, Original, Resender
from metering.kafka.topics import ensure_topic
from metering.settings import KafkaSettings, child_environment
from tests.integration.conftest import SECRET
from tests.lib.running import until
from tests.lib.topic import Topic

pytestmark = pytest.mark.stack

KEPT = 4096


class Books:
    """One topic of a module's own on the real broker, and the dead letters of it in the database."""

    def __init__(self, kafka: KafkaSettings, url: str, connection: Connection, topic: str) -> None:
        self.kafka, self.url, self.connection, self.topic = kafka, url, connection, topic

    def letter(self, raw: bytes | None, key: bytes | None = b"k", reason: str = "PARSE", **changed: Any) -> Position:
        """Send a message and keep it as the speed layer would."""
        producer = KafkaProducer(**self.kafka.client_options())
        sent = producer.send(self.topic, value=raw, key=key, partition=1).get(20)
        producer.close()
        held = raw or b""
        row = {"topic": self.topic, "partition": 1, "offset": sent.offset, "reason": reason, "raw": held[:KEPT],
               "raw_size": len(held), "raw_sha256": hashlib.sha256(held).hexdigest(), "found": "of a test"} | changed
        with self.connection.cursor() as cursor:
            cursor.execute(
                'INSERT INTO dead_letter (topic, partition, "offset", reason, raw, raw_size, raw_sha256, found) VALUES '
                "(%(topic)s, %(partition)s, %(offset)s, %(reason)s, %(raw)s, %(raw_size)s, %(raw_sha256)s, %(found)s)",
                row)
        return Position(self.topic, 1, sent.offset)

    def state(self, place: Position) -> tuple[Any, ...]:
        with self.connection.cursor() as cursor:
            cursor.execute(
                "SELECT state, replay_offset, state_by, state_reason, state_at IS NOT NULL FROM dead_letter "
                'WHERE topic = %s AND partition = %s AND "offset" = %s', (place.topic, place.partition, place.offset))
            [row] = cursor.fetchall()
        return tuple(row)

    def replays(self, place: Position) -> list[tuple[int, bytes | None, bytes | None]]:
        """Offset, key and value of every record that carries the place's mark."""
        mark = (MARK, f"{place.topic}/{place.partition}/{place.offset}".encode())
        consumer = KafkaConsumer(**self.kafka.client_options(), auto_offset_reset="earliest")
        at = TopicPartition(self.topic, place.partition)
        consumer.assign([at])
        consumer.seek_to_beginning(at)
        end, found = consumer.end_offsets([at])[at], []
        while consumer.position(at) < end:
            for record in consumer.poll(1000).get(at, []):
                found += [(record.offset, record.key, record.value)] if mark in record.headers else []
        consumer.close(autocommit=False)
        return found

    def run(self, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "serving", *arguments], env=self.environment(**environment), capture_output=True,
            text=True, timeout=60, check=False)

    def environment(self, **more: str) -> dict[str, str]:
        return child_environment(**{
            "DATABASE_URL": self.url, "SECRET_KEY": SECRET,
            "KAFKA_BOOTSTRAP_SERVERS": self.kafka.bootstrap_servers} | more)


@pytest.fixture(scope="module")
def books(stack_env: dict[str, str], database_url: str) -> Iterator[Books]:
    kafka, topic = KafkaSettings(stack_env["KAFKA_BOOTSTRAP_SERVERS"]), f"letters-{uuid.uuid4().hex[:12]}"
    ensure_topic(kafka, topic, 2)
    with closing(psycopg2.connect(database_url)) as connection:
        connection.autocommit = True
        yield Books(kafka, database_url, connection, topic)


def replay_all(kafka: KafkaSettings, *places: Position) -> list[Any]:
    from serving.letters.replay import Attempt, replay

    return list(replay(kafka, places, Attempt("ana", "sender mended")))


def text(place: Position) -> str:
    return f"{place.topic}/{place.partition}/{place.offset}"


def test_a_replay_sends_the_same_bytes_and_key_once_and_says_who_when_and_why(site: None, books: Books) -> None:
    first, second = books.letter(b'{"id": \xff'), books.letter(b"x", key=None)

    outcomes = replay_all(books.kafka, first, second)

    [(offset, key, value)] = books.replays(first)
    assert (key, value) == (b"k", b'{"id": \xff')
    assert [one.offset for one in outcomes] == [offset, books.replays(second)[0][0]]
    assert books.state(first) == ("replayed", offset, "ana", "sender mended", True)
    assert [one.refusal for one in replay_all(books.kafka, first, second)] == ["it is replayed already"] * 2
    assert len(books.replays(first)) == len(books.replays(second)) == 1


def test_killed_after_sending_it_is_found_and_not_sent_again(site: None, books: Books, tmp_path: Path) -> None:
    place = books.letter(b"killed")
    process = subprocess.Popen(
        [sys.executable, "-m", "serving", "dead-letters", "replay", text(place)],
        env=books.environment(LAMBDAMETER_FAILPOINT="replay-after-send", LAMBDAMETER_FAILPOINT_DIR=str(tmp_path)))
    try:
        until(lambda: (tmp_path / "replay-after-send.reached").exists(), "the replay is sent", 30)
        busy = books.run("dead-letters", "replay", text(place))
        assert (busy.returncode, "somebody else replays it" in busy.stdout) == (2, True)
    finally:
        process.kill()
        process.wait(10)
    assert books.state(place)[0] == "replaying"
    until(lambda: not _is_locked(books.connection), "PostgreSQL has let go of the lock", 20)

    again = books.run("dead-letters", "replay", text(place))

    assert again.returncode == 0, again.stderr
    assert "it had arrived" in again.stdout
    [(offset, _, _)] = books.replays(place)
    assert books.state(place)[:2] == ("replayed", offset)


def _is_locked(connection: Connection) -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND database = "
                       "(SELECT oid FROM pg_database WHERE datname = current_database())")
        [(count,)] = cursor.fetchall()
    return bool(count)


def test_one_frozen_before_it_sent_adds_nothing_when_it_wakes_up(site: None, books: Books) -> None:
    from serving.schema.models import DeadLetter

    place = books.letter(b"frozen")
    with Resender(books.kafka, books.topic) as frozen:
        number = frozen.next_number(1)
        DeadLetter.objects.filter(topic=place.topic, partition=1, offset=place.offset).update(
            state="replaying", state_by="ben", state_at="2026-01-01T00:00Z", replay_from=frozen.end(1),
            replay_number={"producer": number.producer, "epoch": number.epoch, "sequence": number.sequence})
        DeadLetter.objects.filter(offset=place.offset, topic=place.topic).update(state_at=_now())
        [outcome] = replay_all(books.kafka, place)

        woken = frozen.send(place, Original(b"k", b"frozen"), number)

    assert (outcome.refusal, woken) == ("", outcome.offset)
    assert [offset for offset, _, _ in books.replays(place)] == [outcome.offset]
    assert books.state(place)[2] == "ben"


def _now() -> Any:
    from metering.clock import SystemClock

    return SystemClock().now()


def test_two_at_once_send_it_once(site: None, books: Books) -> None:
    place = books.letter(b"twice")

    with ThreadPoolExecutor(2) as pool:
        found = list(pool.map(lambda _: books.run("dead-letters", "replay", text(place)), range(2)))

    assert sorted(one.returncode for one in found) == [0, 2]
    assert len(books.replays(place)) == 1


def test_a_message_of_more_than_4_kib_is_read_from_kafka_again(site: None, books: Books) -> None:
    raw = b"{" * 10_000
    place = books.letter(raw, reason="SIZE")

    [outcome] = replay_all(books.kafka, place)

    assert (outcome.refusal, books.replays(place)[0][2]) == ("", raw)


def test_gone_from_kafka_a_long_one_is_refused_and_a_short_one_sent_without_its_key(site: None, books: Books) -> None:
    long, short = books.letter(b"{" * 10_000, reason="SIZE"), books.letter(b"short")
    Topic(books.kafka.bootstrap_servers, books.topic).delete_before(1, short.offset + 1)

    refused, sent = replay_all(books.kafka, long, short)

    assert "the database has its first 4096 of 10000 bytes only" in refused.refusal
    assert books.state(long)[0] == "open"
    assert [one[1:] for one in books.replays(short)] == [(None, b"short")]
    assert (sent.remark, books.state(short)[0]) == ("without a key", "replayed")


def test_other_bytes_at_the_place_a_conflict_and_a_tombstone_are_refused(site: None, books: Books) -> None:
    other = books.letter(b"other", raw_sha256="0" * 64)
    conflict, tombstone = books.letter(b"{}", reason="CONFLICT"), books.letter(None)

    refusals = [one.refusal for one in replay_all(books.kafka, other, conflict, tombstone)]

    assert ["made anew" in refusals[0], "archive holds" in refusals[1], "no bytes" in refusals[2]] == [True] * 3
    assert {books.state(place)[0] for place in (other, conflict, tombstone)} == {"open"}


def test_what_kafka_deleted_after_a_first_try_is_not_sent_a_second_time(site: None, books: Books) -> None:
    from serving.schema.models import DeadLetter

    place = books.letter(b"unknown")
    DeadLetter.objects.filter(topic=place.topic, offset=place.offset).update(
        state="replaying", state_at=_now(), replay_from=place.offset + 1,
        replay_number={"producer": 1, "epoch": 0, "sequence": 0})
    later = books.letter(b"later")
    Topic(books.kafka.bootstrap_servers, books.topic).delete_before(1, later.offset + 1)

    [outcome] = replay_all(books.kafka, place)

    assert "not known whether" in outcome.line
    assert books.replays(place) == [] and books.state(place)[:2] == ("replayed", None)


def test_sent_to_a_frozen_kafka_it_is_there_once_when_that_wakes_up(stack: Stack, books: Books) -> None:
    place, record = books.letter(b"to a frozen Kafka"), Original(b"k", b"to a frozen Kafka")
    broker = stack.service("kafka").status().pid
    assert broker
    with Resender(books.kafka, books.topic, wait_s=2) as first:
        number, start = first.next_number(1), first.end(1)
        os.kill(broker, signal.SIGSTOP)
        try:
            with pytest.raises(ServiceAway):
                first.send(place, record, number)
        finally:
            os.kill(broker, signal.SIGCONT)

    with Resender(books.kafka, books.topic) as second:
        offset = second.send(place, record, number)
        assert second.sent(place, start) == offset
    assert [one[0] for one in books.replays(place)] == [offset]


def test_without_kafka_status_3_and_nothing_is_changed(books: Books) -> None:
    place = books.letter(b"away")

    away = books.run("dead-letters", "replay", text(place), KAFKA_BOOTSTRAP_SERVERS="127.0.0.1:9")

    assert away.returncode == 3, away.stderr
    assert books.state(place)[0] == "open"


def test_many_are_counted_first_and_changed_with_yes_only(books: Books) -> None:
    places = [books.letter(b'{"a": "needle %d"}' % number) for number in range(3)]
    of_them = ("--find", "needle", "--reason", "a test sender")

    counted = books.run("dead-letters", "discard", *of_them)
    assert (counted.returncode, {books.state(place)[0] for place in places}) == (2, {"open"})
    assert f"3  {books.topic} PARSE open" in counted.stdout and "3 fit, nothing was changed" in counted.stderr

    done = books.run("dead-letters", "discard", *of_them, "--yes")
    assert done.returncode == 0, done.stderr
    state, _, by, why, is_timed = books.state(places[0])
    assert (state, by.startswith("command line"), why, is_timed) == ("discarded", True, "a test sender", True)
    assert books.run("dead-letters", "replay", text(places[0])).returncode == 2

    listed = books.run("dead-letters", "list", "--find", "needle", "--state", "discarded", "--csv")
    assert listed.stdout.count("needle") == 3
    shown = books.run("dead-letters", "show", text(places[0]))
    assert "a test sender" in shown.stdout and "needle 0" in shown.stdout


def test_a_letter_without_a_reason_is_not_discarded(books: Books) -> None:
    place = books.letter(b"kept")

    assert books.run("dead-letters", "discard", text(place)).returncode == 2
    assert books.run("dead-letters", "discard", text(place), "--reason", "  ").returncode == 2
    assert books.state(place)[0] == "open"


def test_gaps_are_acknowledged_once_by_command(books: Books) -> None:
    with books.connection.cursor() as cursor:
        cursor.execute("INSERT INTO offset_gap (topic, partition, first_offset, last_offset, reason) VALUES "
                       "(%s, 0, 5, 9, 'markers'), (%s, 0, 20, 20, 'markers')", (books.topic, books.topic))

    assert "0/5" in books.run("gaps", "list").stdout
    one = books.run("gaps", "acknowledge", f"{books.topic}/0/5", "--reason", "as it should be")
    assert one.returncode == 0, one.stderr
    assert books.run("gaps", "acknowledge", f"{books.topic}/0/5", "--reason", "again").returncode == 2
    rest = books.run("gaps", "acknowledge", "--find", "markers", "--reason", "all", "--yes")
    assert rest.returncode == 0 and rest.stdout.count("acknowledged") == 1
    with books.connection.cursor() as cursor:
        cursor.execute("SELECT acknowledged_reason FROM offset_gap WHERE topic = %s ORDER BY first_offset",
                       (books.topic,))
        assert cursor.fetchall() == [("as it should be",), ("all",)]
