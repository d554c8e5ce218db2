"""Senders of machine samples on the real broker: the host, the window and the generated fleet."""

from __future__ import annotations

import json
import signal
import uuid
from collections import Counter
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from metering.domain.event import Event, Position
from metering.domain.judge import judge
from metering.domain.stream import TimeRules
from metering.domain.tariff import Tariff
from metering.kafka.topics import end_offsets, ensure_topic
from metering.settings import KafkaSettings, load
from metering.streams.devices import DEVICES
from metering.streams.machines import RESOURCE_USAGE
from metering.telemetry import Log
from producers.window import command as window
from producers.window.bill import Bill
from producers.window.form import Form
from producers.window.model import Model
from tests.lib.line_server import LineServer
from tests.lib.producing import Producers, summary_of
from tests.lib.running import until
from tests.lib.topic_content import Record, content

pytestmark = pytest.mark.stack

FLEET = ("generate", "--stream", "resource_usage", "--from", "2021-02-19T21:00", "--to", "2021-02-20T03:00")
FAULTY = ("--late", "0.02", "--duplicates", "0.02", "--conflicts", "0.01", "--bad", "0.03")


@pytest.fixture
def kafka(stack_env: dict[str, str]) -> KafkaSettings:
    return KafkaSettings(stack_env["KAFKA_BOOTSTRAP_SERVERS"])


@pytest.fixture
def topic(kafka: KafkaSettings) -> str:
    name = f"machines-{uuid.uuid4().hex[:12]}"
    ensure_topic(kafka, name)
    return name


@pytest.fixture
def producers(kafka: KafkaSettings, tmp_path: Path) -> Producers:
    return Producers(kafka, tmp_path)


@pytest.fixture
def server() -> Iterator[LineServer]:
    server = LineServer().start()
    yield server
    server.stop()


def _samples(records: list[Record]) -> list[dict[str, Any]]:
    """What the product makes of each record; it must take all of them."""
    found = []
    for record in records:
        place = Position("resource_usage", record.partition, record.offset)
        verdict = judge(RESOURCE_USAGE, record.value, place, record.append_ms * 1000, TimeRules())
        assert isinstance(verdict, Event), verdict
        found.append(dict(verdict.values))
    return found


def test_this_machine_tells_kafka_of_its_load(producers: Producers, kafka: KafkaSettings, topic: str) -> None:
    target = f"kafka://{kafka.bootstrap_servers}/{topic}"

    said = producers.run(
        "host", "--as", "load", "--to", target, "--interval", "1", "--samples", "2", "--machine", "vera")

    records = content(kafka, topic)
    assert summary_of(said)["acknowledged"] == len(records) == 2
    assert {record.key for record in records} == {b"vera"}
    assert {(sample["machine_id"], sample["service"]) for sample in _samples(records)} == {("vera", "host")}


def test_both_go_to_topics_of_their_own(producers: Producers, kafka: KafkaSettings) -> None:
    ends = [sum(end_offsets(kafka, topic).values()) if _exists(kafka, topic) else 0
            for topic in (DEVICES.topic, RESOURCE_USAGE.topic)]

    said = producers.run(
        "host", "--as", "both", "--interval", "1", "--samples", "3", "--machine", "vera",
        "--service", "tests=python,python3", "--service", "broker=java")

    grown = [sum(end_offsets(kafka, topic).values()) - end
             for topic, end in zip((DEVICES.topic, RESOURCE_USAGE.topic), ends, strict=True)]
    assert grown[0] >= 1
    assert grown[1] == 4
    assert summary_of(said)["acknowledged"] == sum(grown)
    services = {sample["service"] for sample in _samples(content(kafka, RESOURCE_USAGE.topic)[-4:])}
    assert services == {"tests", "broker"}


def _exists(kafka: KafkaSettings, topic: str) -> bool:
    ensure_topic(kafka, topic)
    return True


def test_load_goes_to_a_gateway_and_needs_no_kafka(tmp_path: Path, server: LineServer) -> None:
    producers = Producers(KafkaSettings("127.0.0.1:9"), tmp_path)
    process = producers.start("host", "--as", "load", "--to", f"tcp://127.0.0.1:{server.port}", "--interval", "1")
    until(lambda: len(server.lines) >= 2, "two samples", 30)

    process.send_signal(signal.SIGTERM)
    said = producers.end(process)

    assert summary_of(said)["acknowledged"] == len(server.lines) == len(set(server.event_ids))
    assert not producers.unsent.exists()


def test_a_killed_sender_sends_what_was_not_acknowledged_in_its_next_run(tmp_path: Path, server: LineServer) -> None:
    producers = Producers(KafkaSettings("127.0.0.1:9"), tmp_path)
    command = ("host", "--as", "load", "--to", f"tcp://127.0.0.1:{server.port}", "--interval", "1")
    server.stop()
    process = producers.start(*command)
    until(lambda: producers.unsent.exists() and len(producers.unsent.read_text().splitlines()) >= 2, "two kept", 30)
    process.kill()
    process.communicate()
    kept = [json.loads(json.loads(line)["value"])["event_id"] for line in producers.unsent.read_text().splitlines()]

    server.start()
    producers.run(*command, "--samples", "1")

    assert server.event_ids[:-1] == kept
    assert not producers.unsent.exists()


def test_the_window_sends_to_kafka(kafka: KafkaSettings, topic: str, tmp_path: Path) -> None:
    log = Log("test")
    model = Model(
        partial(window._connect, load(), tmp_path / "unsent.jsonl", log), partial(window._sampler, log),
        partial(Bill, Tariff()), log)

    model.start(Form("vera", f"kafka://{kafka.bootstrap_servers}/{topic}", "1"))
    until(lambda: model.shown.counts.acknowledged >= 2, "two acknowledged", 30)
    model.stop()

    assert model.join(20)
    assert model.shown.counts.acknowledged == model.shown.counts.sent == len(content(kafka, topic))
    assert {sample["machine_id"] for sample in _samples(content(kafka, topic))} == {"vera"}


@pytest.mark.parametrize("client", ["kafka-python", "confluent"])
def test_the_truth_of_a_fleet_is_what_kafka_holds(
    client: str, producers: Producers, kafka: KafkaSettings, topic: str
) -> None:
    said = producers.run(
        *FLEET, "--events", "20000", "--topic", topic, "--client", client, "--truth", str(producers.truth), *FAULTY)

    totals = json.loads((producers.truth / "totals.json").read_text())
    held = {record.place: record for record in content(kafka, topic)}
    rows = pq.read_table(producers.truth / "acknowledged.parquet").to_pylist()
    assert summary_of(said)["acknowledged"] == totals["messages"] == len(held) == len(rows)
    assert totals["distinct"] == 20_000
    for row in rows:
        record = held[row["partition"], row["offset"]]
        place = Position(topic, *record.place)
        verdict = judge(RESOURCE_USAGE, record.value, place, record.append_ms * 1000, TimeRules(max_age_s=None))
        if row["kind"] == "bad":
            assert not isinstance(verdict, Event)
            assert verdict.reason.name == row["reason"]
        else:
            assert isinstance(verdict, Event)
            assert dict(verdict.values) == {name: row[name] for name in verdict.values}
    counted = Counter(minute["msg_num"] > 0 for services in totals["service_minutes"].values()
                      for minute in services.values())
    assert set(counted) == {True}
    assert sum(minute["msg_num"] for services in totals["service_minutes"].values() for minute in services.values()
               ) == sum(hour["samples"] for machines in totals["machine_hours"].values() for hour in machines.values()
                        ) == 20_000
