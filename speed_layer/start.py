"""What a start finds out before the first slice: topics, the lock, the offsets."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from psycopg2.extensions import connection as Connection

from metering.domain.errors import AnotherCopyRuns, BadSettings, Damaged
from metering.domain.stream import Stream
from metering.kafka.topics import TopicFacts, beginning_offsets, end_offsets, ensure_topic, topic_facts
from metering.settings import KafkaSettings
from metering.store.connection import reaching_postgresql, try_lock
from metering.store.ledger import (
    adopt_topic,
    introduce_topic,
    know_partitions,
    read_offsets,
    starting_offsets,
    step_over,
)
from metering.telemetry import Log

LOG = Log("speed_layer")


@dataclass(frozen=True)
class Start:
    """Where each topic's partitions are read from, and which of them the ledger already knows."""

    offsets: dict[str, dict[int, int]]
    known: Mapping[str, frozenset[int]]


def find_start(
    connection: Connection, kafka: KafkaSettings, streams: Iterable[Stream], *, adopt: bool = False
) -> Start:
    """Take the topics' locks on `connection` and read where to go on.

    Raises AnotherCopyRuns where a lock is held, BadSettings for a topic with CreateTime, Damaged for a topic
    that is not the one read before. Records Kafka deleted meanwhile become gap rows here.
    """
    offsets: dict[str, dict[int, int]] = {}
    known: dict[str, frozenset[int]] = {}
    for stream in streams:
        ensure_topic(kafka, stream.topic)
        facts = topic_facts(kafka, stream.topic)
        _require_append_time(facts)
        with reaching_postgresql():
            if not try_lock(connection, f"speed_layer {stream.topic}"):
                raise AnotherCopyRuns(f"another copy of the streaming job owns topic {stream.topic!r}; counted nothing")
            _recognise(connection, kafka, facts, adopt=adopt)
            offsets[stream.topic], known[stream.topic] = _places(connection, kafka, stream.topic)
    return Start(offsets, known)


def _require_append_time(facts: TopicFacts) -> None:
    if facts.timestamp_type != "LogAppendTime":
        raise BadSettings([
            f"topic {facts.topic!r} has message.timestamp.type={facts.timestamp_type}: want LogAppendTime, since the "
            f"time rules and finality rest on it (kafka-configs --alter --topic {facts.topic} "
            "--add-config message.timestamp.type=LogAppendTime)"])


def _recognise(connection: Connection, kafka: KafkaSettings, facts: TopicFacts, *, adopt: bool) -> None:
    remembered = introduce_topic(connection, facts.topic, facts.topic_id)
    if remembered == facts.topic_id:
        return
    if not adopt:
        raise Damaged(
            f"topic {facts.topic!r} is another one of that name (id {facts.topic_id}, counted so far: {remembered}). "
            "If it holds the same records at the same offsets, start once with --adopt-topic")
    starting_offsets(facts.topic, read_offsets(connection, facts.topic),
                     beginning_offsets(kafka, facts.topic), end_offsets(kafka, facts.topic))
    adopt_topic(connection, facts.topic, facts.topic_id)
    LOG.warning("topic adopted", topic=facts.topic, id=facts.topic_id, before=remembered)


def _places(connection: Connection, kafka: KafkaSettings, topic: str) -> tuple[dict[int, int], frozenset[int]]:
    stored = read_offsets(connection, topic)
    starts, gaps = starting_offsets(topic, stored, beginning_offsets(kafka, topic), end_offsets(kafka, topic))
    if gaps:
        step_over(connection, topic, gaps)
        for gap in gaps:
            LOG.error("records were deleted before they were read", topic=topic, partition=gap.partition,
                      first=gap.first, last=gap.last)
    know_partitions(connection, topic, {number: at for number, at in starts.items() if number not in stored})
    return starts, frozenset(starts)
