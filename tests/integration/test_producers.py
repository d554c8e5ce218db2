"""The producers on the real broker: what is acknowledged is there, once, whatever happens on the way."""

from __future__ import annotations

import json
import re
import signal
import time
import uuid
from collections import Counter
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from local_stack import Stack
from metering.kafka.topics import end_offsets, ensure_topic
from metering.settings import KafkaSettings
from producers.sending.clients import CLIENTS, open_sender
from tests.lib.mission_hour import published_hour
from tests.lib.producing import Producers, summary_of
from tests.lib.running import until
from tests.lib.sender_contract import Connect, SenderContract
from tests.lib.topic_content import content

pytestmark = pytest.mark.stack

FAULTY = ("--late", "0.02", "--duplicates", "0.02", "--conflicts", "0.01", "--bad", "0.03")
RANGE = ("--from", "2021-02-19T21:00", "--to", "2021-02-20T03:00")


@pytest.fixture
def kafka(stack_env: dict[str, str]) -> KafkaSettings:
    return KafkaSettings(stack_env["KAFKA_BOOTSTRAP_SERVERS"])


@pytest.fixture
def topic(kafka: KafkaSettings) -> str:
    name = f"producers-{uuid.uuid4().hex[:12]}"
    ensure_topic(kafka, name)
    return name


@pytest.fixture(params=CLIENTS)
def client(request: pytest.FixtureRequest) -> str:
    return str(request.param)


class TestClients(SenderContract):
    """The contract of tests/lib/sender_contract.py, on both clients."""

    @pytest.fixture
    def connect(self, kafka: KafkaSettings, client: str) -> Connect:
        return lambda: open_sender(client, kafka)


@pytest.fixture
def producers(kafka: KafkaSettings, topic: str, tmp_path: Path) -> Producers:
    return Producers(kafka, tmp_path, "--topic", topic)


def _acknowledged(truth: Path) -> list[dict[str, object]]:
    rows: list[dict[str, object]] = pq.read_table(truth / "acknowledged.parquet").to_pylist()
    return rows


def _assert_truth_is_what_kafka_holds(kafka: KafkaSettings, topic: str, truth: Path) -> None:
    """Row for record, by place: the same identity, content and append time."""
    held = {record.place: record for record in content(kafka, topic)}
    rows = {(row["partition"], row["offset"]): row for row in _acknowledged(truth)}
    assert set(rows) == set(held)
    for place, row in rows.items():
        record = held[place]  # type: ignore[index]
        assert row["ingest_time"].timestamp() == pytest.approx(record.append_ms / 1000)  # type: ignore[attr-defined]
        if row["kind"] != "bad":
            event = json.loads(record.value or b"")
            assert {name: row[name] for name in ("event_id", "id", "antenna_id", "app", "bytes")} == {
                name: event[name] for name in ("event_id", "id", "antenna_id", "app", "bytes")}


def test_the_truth_is_what_kafka_holds(
    client: str, producers: Producers, kafka: KafkaSettings, topic: str
) -> None:
    said = producers.run(
        "generate", *RANGE, "--events", "20000", "--client", client, "--truth", str(producers.truth), *FAULTY)

    summary = summary_of(said)
    totals = json.loads((producers.truth / "totals.json").read_text())
    assert summary["failed"] == 0
    assert summary["sent"] == summary["acknowledged"] == totals["messages"] == sum(end_offsets(kafka, topic).values())
    assert totals["distinct"] == 20_000
    _assert_truth_is_what_kafka_holds(kafka, topic, producers.truth)


def test_both_clients_put_the_same_bytes_of_a_seed_in_the_same_partitions(
    producers: Producers, kafka: KafkaSettings, topic: str
) -> None:
    for client in CLIENTS:
        producers.run("generate", *RANGE, "--events", "3000", "--client", client, "--seed", "9", *FAULTY)

    counted = Counter((record.partition, record.key, record.value) for record in content(kafka, topic))
    assert all(times % 2 == 0 for times in counted.values())


def test_a_broker_killed_on_the_way_costs_nothing_and_doubles_nothing(
    client: str, producers: Producers, kafka: KafkaSettings, topic: str, stack: Stack
) -> None:
    process = producers.start(
        "generate", *RANGE, "--events", "20000", "--rate", "4000", "--client", client,
        "--truth", str(producers.truth), *FAULTY)
    until(lambda: sum(end_offsets(kafka, topic).values()) > 3_000, "messages in Kafka", 30)

    stack.service("kafka").kill()
    time.sleep(5)
    stack.service("kafka").start()
    stack.service("kafka").wait_ready()
    said = producers.end(process)

    assert summary_of(said)["failed"] == 0
    assert "Kafka does not answer" in said
    assert "Kafka answers again" in said
    assert json.loads((producers.truth / "totals.json").read_text())["distinct"] == 20_000
    _assert_truth_is_what_kafka_holds(kafka, topic, producers.truth)


def test_what_kafka_never_acknowledged_is_kept_with_status_3_and_replayed(
    client: str, producers: Producers, kafka: KafkaSettings, topic: str, stack: Stack
) -> None:
    process = producers.start(
        "generate", *RANGE, "--events", "20000", "--rate", "2000", "--client", client, "--patience", "4",
        "--truth", str(producers.truth), *FAULTY)
    until(lambda: sum(end_offsets(kafka, topic).values()) > 1_000, "messages in Kafka", 30)
    stack.service("kafka").kill()
    said = producers.end(process, status=3)
    stack.service("kafka").start()
    stack.service("kafka").wait_ready()

    summary = summary_of(said)
    assert len(producers.unsent.read_text().splitlines()) == summary["failed"] > 0
    assert re.search(r"replay .*unsent\.jsonl", said)
    assert len(_acknowledged(producers.truth)) == summary["acknowledged"]
    held_before = sum(end_offsets(kafka, topic).values())
    assert held_before >= summary["acknowledged"]

    again = producers.run("replay", str(producers.unsent))

    assert summary_of(again)["acknowledged"] == summary["failed"]
    assert sum(end_offsets(kafka, topic).values()) == held_before + summary["failed"]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_live_generator_ends_in_order_when_asked(
    number: signal.Signals, producers: Producers, kafka: KafkaSettings, topic: str
) -> None:
    process = producers.start("generate", "--rate", "200", "--truth", str(producers.truth), *FAULTY)
    until(lambda: sum(end_offsets(kafka, topic).values()) > 100, "messages in Kafka", 30)

    process.send_signal(number)
    said = producers.end(process)

    assert summary_of(said)["failed"] == 0
    _assert_truth_is_what_kafka_holds(kafka, topic, producers.truth)


def test_a_second_run_adds_to_the_truth_of_the_first(producers: Producers, kafka: KafkaSettings, topic: str) -> None:
    for seed in ("1", "2"):
        producers.run("generate", *RANGE, "--events", "500", "--seed", seed, "--truth", str(producers.truth))

    assert json.loads((producers.truth / "totals.json").read_text())["distinct"] == 1_000
    _assert_truth_is_what_kafka_holds(kafka, topic, producers.truth)


def test_a_file_replayed_twice_sends_the_same_identities(
    producers: Producers, kafka: KafkaSettings, topic: str
) -> None:
    events = [{name: value for name, value in event.items() if name != "event_id"} for event in published_hour()]
    hour = producers.folder / "hour.jsonl"
    hour.write_text("".join(json.dumps(event) + "\n" for event in events))

    for _ in range(2):
        producers.run("replay", str(hour))

    counted = Counter(record.value for record in content(kafka, topic))
    assert len(counted) == len(events)
    assert set(counted.values()) == {2}
    assert sum(json.loads(value or b"")["bytes"] for value in counted) == 1_021_080


def test_a_faulty_file_sends_nothing(producers: Producers, kafka: KafkaSettings, topic: str) -> None:
    hour = producers.folder / "hour.csv"
    rows = ("when,id,antenna_id,app,volume", "2021-02-19 22:00,u1,a1,SKYPE,12", "2021-02-19 22:00,u/1,a1,SKYPE,12")
    hour.write_text("\n".join(rows))
    mapped = ("--map", "timestamp=when", "--map", "bytes=volume", "--tz", "Europe/Madrid")

    said = producers.run("replay", str(hour), *mapped, status=2)
    assert "hour.csv, line 3: id: found 'u/1'" in said
    assert sum(end_offsets(kafka, topic).values()) == 0

    producers.run("replay", str(hour), *mapped, "--skip-bad")
    assert [json.loads(record.value or b"")["timestamp"] for record in content(kafka, topic)] == [1_613_768_400]


def test_this_machine_tells_of_its_own_traffic(producers: Producers, kafka: KafkaSettings, topic: str) -> None:
    producers.run("host", "--interval", "0.2", "--samples", "3", "--machine", "vera")

    records = content(kafka, topic)
    assert records
    assert {record.key for record in records} == {b"vera"}


def test_a_kafka_that_is_not_there_ends_with_status_3(tmp_path: Path) -> None:
    producers = Producers(KafkaSettings("127.0.0.1:9"), tmp_path)

    said = producers.run("generate", "--events", "1", status=3)

    assert said.splitlines()[-1].startswith("producers: Kafka at 127.0.0.1:9 cannot be reached")
