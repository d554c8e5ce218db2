"""Reads every message that Kafka holds of a topic, raw."""

from __future__ import annotations

from collections.abc import Iterator
from time import monotonic
from typing import NamedTuple

from confluent_kafka import TIMESTAMP_LOG_APPEND_TIME, Consumer, KafkaError, KafkaException, TopicPartition

from tests.lib.evidence import Message

WAIT_S = 20.0
MESSAGES_A_CALL = 10_000
A_CALL_S = 0.1  # a call waits this long for so many messages, also when fewer are left


class Held(NamedTuple):
    """What Kafka holds of a topic: its messages, and by partition the first offset held and the end."""

    messages: list[Message]
    starts: dict[int, int]
    ends: dict[int, int]


def read_topic(bootstrap_servers: str, topic: str) -> Held:
    """All committed messages of all partitions; nothing of a topic that is gone.

    Raises KafkaException or TimeoutError.
    """
    consumer = Consumer(
        {
            "bootstrap.servers": bootstrap_servers,
            "group.id": "independent-checker",
            "enable.auto.commit": False,
            "enable.partition.eof": True,
            "isolation.level": "read_committed",
            "fetch.message.max.bytes": 8 << 20,
            "log_level": 0,
        }
    )
    try:
        partitions = sorted(consumer.list_topics(topic, WAIT_S).topics[topic].partitions)
        ends = {p: consumer.get_watermark_offsets(TopicPartition(topic, p), WAIT_S) for p in partitions}
        consumer.assign([TopicPartition(topic, p, low) for p, (low, high) in ends.items() if high > low])
        messages = list(_until_end(consumer, {p for p, (low, high) in ends.items() if high > low}))
    finally:
        consumer.close()
    starts, stops = ({partition: bound[side] for partition, bound in ends.items()} for side in (0, 1))
    return Held(messages, starts, stops)


def _until_end(consumer: Consumer, unread: set[int]) -> Iterator[Message]:
    idle_since = monotonic()
    while unread:
        batch = consumer.consume(MESSAGES_A_CALL, A_CALL_S)
        idle_since = monotonic() if batch else idle_since
        if monotonic() - idle_since > WAIT_S:
            raise TimeoutError(f"Kafka gave nothing for {WAIT_S:g} s; not read: partitions {sorted(unread)}")
        for message in batch:
            if message.error() is None:
                yield _message(message)
            elif message.error().code() == KafkaError._PARTITION_EOF:
                unread.discard(message.partition())
            else:
                raise KafkaException(message.error())


def _message(message) -> Message:
    kind, append_ms = message.timestamp()
    if kind != TIMESTAMP_LOG_APPEND_TIME:
        raise ValueError(f"the topic's times are not Kafka's append times (kind {kind}): nothing can be judged by them")
    return Message(message.partition(), message.offset(), append_ms, message.value())
