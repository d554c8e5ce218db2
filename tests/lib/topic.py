"""A topic of the shared broker: made anew for a test, filled, read whole, cut."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import partial
from typing import Any

from confluent_kafka import Consumer, Producer, TopicPartition
from kafka import KafkaAdminClient
from kafka import TopicPartition as AdminPartition
from kafka import errors as kafka_errors

from tests.lib.running import until

NAME = "devices"
PARTITIONS = 4

Message = Mapping[str, object] | bytes | None


@dataclass(frozen=True)
class Place:
    """Where Kafka put a message, and when: `appended_ms` in epoch milliseconds."""

    partition: int
    offset: int
    appended_ms: int


@dataclass(frozen=True)
class Record:
    """A message as Kafka holds it."""

    place: Place
    value: bytes | None


class Topic:
    """One topic on one broker. `subject` is the field that keys its messages."""

    def __init__(self, servers: str, name: str = NAME, subject: str = "id") -> None:
        self._servers, self._name, self._subject = servers, name, subject

    def drop(self) -> None:
        """Delete it and wait until the broker no longer knows it; absent is fine."""
        with KafkaAdminClient(bootstrap_servers=self._servers) as admin:
            if _known(admin, self._name):
                admin.delete_topics([self._name])
                until(lambda: not _known(admin, self._name), "the topic is gone", 30)

    def create(self, timestamp_type: str = "LogAppendTime") -> None:
        wanted = {
            "num_partitions": PARTITIONS, "replication_factor": 1,
            "configs": {"message.timestamp.type": timestamp_type},
        }  # fmt: skip
        with KafkaAdminClient(bootstrap_servers=self._servers) as admin:
            # A client that lost the first answer asks again, and is told that the topic is there.
            with suppress(kafka_errors.TopicAlreadyExistsError):
                admin.create_topics({self._name: wanted})
            admin.wait_for_topics([self._name])

    def make_anew(self, timestamp_type: str = "LogAppendTime") -> None:
        """An empty topic of another id than before."""
        self.drop()
        self.create(timestamp_type)

    def send(self, messages: Iterable[Message], partition: int = -1) -> list[Place]:
        """Send and wait for every acknowledgement. Events go as JSON, keyed by their device."""
        producer = Producer({"bootstrap.servers": self._servers, "acks": "all", "linger.ms": 5})
        found: dict[int, Place] = {}

        def acknowledged(number: int, error: Any, message: Any) -> None:
            assert error is None, error
            found[number] = _place(message)

        for number, message in enumerate(messages):
            value, key = self._value_and_key(message)
            producer.produce(self._name, value, key, partition, on_delivery=partial(acknowledged, number))
        assert producer.flush(60) == 0
        return [found[number] for number in range(len(found))]

    def read(self) -> list[Record]:
        """Every record the broker holds, in no order between partitions."""
        with self._consumer() as consumer:
            bounds = {number: self._bounds(consumer, number) for number in range(PARTITIONS)}
            consumer.assign([TopicPartition(self._name, number, first) for number, (first, _) in bounds.items()])
            records: list[Record] = []
            while len(records) < sum(end - first for first, end in bounds.values()):
                records += [Record(_place(one), one.value()) for one in consumer.consume(10_000, 1)]
            return records

    def ends(self) -> dict[int, int]:
        """Per partition, the offset that the next record will get."""
        with self._consumer() as consumer:
            return {number: self._bounds(consumer, number)[1] for number in range(PARTITIONS)}

    @contextmanager
    def _consumer(self) -> Iterator[Consumer]:
        consumer = Consumer({"bootstrap.servers": self._servers, "group.id": "none", "enable.auto.commit": False})
        try:
            yield consumer
        finally:
            consumer.close()

    def _bounds(self, consumer: Consumer, partition: int) -> tuple[int, int]:
        first, end = consumer.get_watermark_offsets(TopicPartition(self._name, partition), timeout=30)
        return first, end

    def delete_before(self, partition: int, offset: int) -> None:
        """Delete a partition's records below `offset`, as retention would."""
        with KafkaAdminClient(bootstrap_servers=self._servers) as admin:
            admin.delete_records({AdminPartition(self._name, partition): offset})

    def _value_and_key(self, message: Message) -> Sequence[bytes | None]:
        if message is None or isinstance(message, bytes):
            return message, None
        return json.dumps(message).encode(), str(message[self._subject]).encode()


def _known(admin: Any, name: str) -> bool:
    described: Mapping[str, Any] = admin.describe_topics([name])[0]
    return kafka_errors.for_code(described["error_code"]) is not kafka_errors.UnknownTopicOrPartitionError


def _place(message: Any) -> Place:
    return Place(message.partition(), message.offset(), message.timestamp()[1])
