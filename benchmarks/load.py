"""What lies in Kafka for a bench: seeded antenna events, each once, in four partitions, compressed with lz4."""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
from dataclasses import asdict, dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from confluent_kafka import OFFSET_BEGINNING, Consumer, TopicPartition

from benchmarks.bench import Room, WrongAnswer
from metering.domain.errors import BadSettings
from metering.kafka.topics import end_offsets, ensure_topic
from metering.settings import KafkaSettings, Settings, child_environment

TOPIC = "devices"
USERS = 1000
_LOOKED_AT = 1000


@dataclass(frozen=True)
class Load:
    """What was sent to a topic: how many events, the sum of their bytes, and the mean size of a message."""

    topic: str
    events: int
    total: int
    event_bytes: float

    def check(self, side: str, total: int) -> None:
        """Raise WrongAnswer where a side's sum is another than the generator's."""
        if total != self.total:
            raise WrongAnswer(f"{side} counted {total} of {self.total} bytes in {self.events} events")


def loaded(room: Room, events: int, topic: str = TOPIC) -> Load:
    """The topic with so many events of the last three hours in it. In a given home an equal load is used again.

    Raises BadSettings where the topic holds anything else.
    """
    settings = room.settings
    note = settings.home / f"bench-{topic}.json"
    if note.exists():
        load = Load(**json.loads(note.read_text(encoding="utf-8")))
        if load.events == events and _held(settings, topic) == events:
            return load
    ensure_topic(settings.kafka, topic)
    if _held(settings, topic):
        raise BadSettings([f"topic {topic!r} holds other events already: want a home whose topics are empty"])
    room.say(f"  sending {events:,} events to {topic}")
    load = _send(settings, events, topic)
    note.write_text(json.dumps(asdict(load)), encoding="utf-8")
    return load


def _held(settings: Settings, topic: str) -> int:
    return sum(end_offsets(settings.kafka, topic).values())


def _send(settings: Settings, events: int, topic: str) -> Load:
    with TemporaryDirectory(dir=settings.home) as truth:
        subprocess.run(
            [sys.executable, "-m", "producers", "generate", "--client", "confluent", "--users", str(USERS),
             "--past", "3h", "--events", str(events), "--topic", topic, "--truth", truth],
            check=True, stderr=subprocess.DEVNULL, env=child_environment(LAMBDAMETER_HOME=str(settings.home)))
        totals = json.loads((Path(truth) / "totals.json").read_text(encoding="utf-8"))
    if totals["distinct"] != events:
        raise WrongAnswer(f"the generator sent {totals['distinct']} events where {events} were wanted")
    return Load(topic, events, totals["bytes"], _mean_size(settings.kafka, topic))


def _mean_size(kafka: KafkaSettings, topic: str) -> float:
    """Of the first messages of a partition. kafka-python cannot read lz4 without a package of its own."""
    consumer = Consumer({"bootstrap.servers": kafka.bootstrap_servers, "group.id": "bench"})
    try:
        consumer.assign([TopicPartition(topic, 0, OFFSET_BEGINNING)])
        sizes = [len(message.value() or b"") for message in consumer.consume(_LOOKED_AT, timeout=5)]
    finally:
        consumer.close()
    return round(statistics.mean(sizes), 1)
