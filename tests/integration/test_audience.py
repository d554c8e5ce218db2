"""The audience on the real broker: every event arrives, is accepted, and is the one that lies in the files."""

from __future__ import annotations

import json
import signal
import time
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from metering.domain.event import Position, Rejection
from metering.domain.judge import judge
from metering.domain.stream import TimeRules
from metering.kafka.topics import ensure_topic
from metering.settings import KafkaSettings
from metering.streams import STREAMS
from producers.sending.clients import CLIENTS
from tests.lib.producing import Producers, summary_of
from tests.lib.running import until
from tests.lib.topic_content import Record, content

pytestmark = pytest.mark.stack

SMALL = ("--customers", "80", "--plays", "3000", "--days", "3", "--tz", "America/New_York")


@pytest.fixture
def kafka(stack_env: dict[str, str]) -> KafkaSettings:
    settings = KafkaSettings(stack_env["KAFKA_BOOTSTRAP_SERVERS"])
    for topic in ("listens", "clicks"):
        ensure_topic(settings, topic)
    return settings


@pytest.fixture
def producers(kafka: KafkaSettings, tmp_path: Path) -> Producers:
    return Producers(kafka, tmp_path)


def _events(records: list[Record]) -> list[dict[str, object]]:
    return [json.loads(record.value or b"") for record in records]


def _since(kafka: KafkaSettings, topic: str, before: set[tuple[int, int]]) -> list[Record]:
    return [record for record in content(kafka, topic) if record.place not in before]


def _places(kafka: KafkaSettings, topic: str) -> set[tuple[int, int]]:
    return {record.place for record in content(kafka, topic)}


def _assert_accepted_and_keyed(topic: str, records: list[Record]) -> None:
    for record in records:
        verdict = judge(
            STREAMS[topic], record.value, Position(topic, record.partition, record.offset), record.append_ms * 1000,
            TimeRules())
        assert not isinstance(verdict, Rejection), verdict
        assert record.key == json.loads(record.value or b"")["customer_id"].encode()


@pytest.mark.parametrize("client", CLIENTS)
def test_every_play_and_click_arrives_and_replaying_the_files_sends_them_again(
    client: str, producers: Producers, kafka: KafkaSettings
) -> None:
    before = {topic: _places(kafka, topic) for topic in ("listens", "clicks")}
    files = producers.folder / "files"
    said = producers.run("audience", *SMALL, "--csv", str(files), "--to-kafka", "--client", client)
    sent = {topic: _since(kafka, topic, before[topic]) for topic in before}

    clicks = json.loads((files / "truth.json").read_text())["clicks"]
    assert summary_of(said)["acknowledged"] == 3_000 + clicks
    assert (len(sent["listens"]), len(sent["clicks"])) == (3_000, clicks)
    for topic, records in sent.items():
        _assert_accepted_and_keyed(topic, records)
    plays = {row["customer_id"]: row["plays"] for row in pq.read_table(files / "truth.parquet").to_pylist()}
    assert sum(record.key == b"10001" for record in sent["listens"]) == plays["10001"]

    for topic, name in (("listens", "tracks.csv"), ("clicks", "clicks.csv")):
        lines = (files / name).read_text().splitlines(keepends=True)
        (files / f"bare-{name}").write_text("".join(lines[1:]))
        producers.run(
            "replay", str(files / f"bare-{name}"), "--topic", topic, "--no-header", "--tz", "America/New_York")
        again = _since(kafka, topic, before[topic] | {record.place for record in sent[topic]})
        by_id = sorted(_events(again), key=lambda event: str(event["event_id"]))
        assert by_id == sorted(_events(sent[topic]), key=lambda event: str(event["event_id"]))
        assert {record.key for record in again} == {record.key for record in sent[topic]}


def test_a_live_audience_plays_now_until_it_is_asked_to_end(producers: Producers, kafka: KafkaSettings) -> None:
    before, started_s = _places(kafka, "listens"), int(time.time())
    process = producers.start("audience", *SMALL, "--rate", "100")
    until(lambda: len(_since(kafka, "listens", before)) > 100, "plays in Kafka", 30)

    process.send_signal(signal.SIGINT)
    said = producers.end(process)

    records = _since(kafka, "listens", before)
    assert summary_of(said)["failed"] == 0
    _assert_accepted_and_keyed("listens", records)
    assert all(started_s <= int(str(event["timestamp"])) <= time.time() for event in _events(records))
