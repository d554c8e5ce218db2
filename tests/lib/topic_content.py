"""What a topic holds, read with a consumer of its own."""

from __future__ import annotations

import time
from dataclasses import dataclass

from confluent_kafka import Consumer, TopicPartition

from metering.kafka.topics import beginning_offsets, end_offsets
from metering.settings import KafkaSettings


@dataclass(frozen=True)
class Record:
    """One record; `append_ms` is Kafka's time, epoch milliseconds."""

    partition: int
    offset: int
    key: bytes | None
    value: bytes | None
    append_ms: int

    @property
    def place(self) -> tuple[int, int]:
        return (self.partition, self.offset)


def content(kafka: KafkaSettings, topic: str, limit_s: float = 60.0) -> list[Record]:
    """All records from the first to the present end, by partition and offset."""
    first, end = beginning_offsets(kafka, topic), end_offsets(kafka, topic)
    wanted, records = sum(end.values()) - sum(first.values()), list[Record]()
    consumer = Consumer(
        {"bootstrap.servers": kafka.bootstrap_servers, "group.id": "tests", "enable.auto.commit": False,
         "log_level": 0})
    consumer.assign([TopicPartition(topic, partition, offset) for partition, offset in first.items()])
    ends_s = time.monotonic() + limit_s
    while len(records) < wanted:
        assert time.monotonic() < ends_s, f"{len(records)} of {wanted} records read"
        records += [
            Record(found.partition(), found.offset(), found.key(), found.value(), found.timestamp()[1])
            for found in consumer.consume(10_000, 0.5) if found.error() is None]
    consumer.close()
    return sorted(records, key=lambda record: record.place)
