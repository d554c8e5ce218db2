"""Topics on the real broker: created once, described, their offsets looked up."""

from __future__ import annotations

import time
import uuid
from concurrent.futures import ThreadPoolExecutor

import pytest
from kafka import KafkaAdminClient, KafkaProducer

from metering.domain.errors import BadSettings, ServiceAway
from metering.kafka.topics import beginning_offsets, end_offsets, ensure_topic, offsets_at_time, topic_facts
from metering.settings import KafkaSettings

pytestmark = pytest.mark.stack


@pytest.fixture
def kafka(stack_env: dict[str, str]) -> KafkaSettings:
    return KafkaSettings(stack_env["KAFKA_BOOTSTRAP_SERVERS"])


@pytest.fixture
def topic() -> str:
    return f"topics-{uuid.uuid4().hex[:12]}"


def test_a_missing_topic_is_created_with_four_partitions_and_kafkas_own_time(kafka: KafkaSettings, topic: str) -> None:
    ensure_topic(kafka, topic)

    facts = topic_facts(kafka, topic)
    assert (facts.topic, facts.partitions, facts.timestamp_type) == (topic, (0, 1, 2, 3), "LogAppendTime")
    assert uuid.UUID(facts.topic_id).int != 0


def test_many_may_create_it_at_once_and_again(kafka: KafkaSettings, topic: str) -> None:
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda _: ensure_topic(kafka, topic), range(8)))
    before = topic_facts(kafka, topic)

    ensure_topic(kafka, topic, partitions=9)

    assert topic_facts(kafka, topic) == before


def test_a_topic_made_anew_has_another_id(kafka: KafkaSettings, topic: str) -> None:
    ensure_topic(kafka, topic)
    before = topic_facts(kafka, topic)
    with KafkaAdminClient(**kafka.client_options()) as admin:
        admin.delete_topics([topic])
        _wait_until_gone(admin, topic)

    ensure_topic(kafka, topic)

    assert topic_facts(kafka, topic).topic_id != before.topic_id


def _wait_until_gone(admin: KafkaAdminClient, topic: str) -> None:
    ends_s = time.monotonic() + 20
    while topic in admin.list_topics():
        assert time.monotonic() < ends_s, f"{topic} is still there"
        time.sleep(0.1)


def test_a_topic_with_the_senders_time_is_told_as_such(kafka: KafkaSettings, topic: str) -> None:
    with KafkaAdminClient(**kafka.client_options()) as admin:
        admin.create_topics({topic: {"num_partitions": 2, "configs": {"message.timestamp.type": "CreateTime"}}})

    ensure_topic(kafka, topic)

    facts = topic_facts(kafka, topic)
    assert (facts.timestamp_type, facts.partitions) == ("CreateTime", (0, 1))


def test_offsets_begin_end_and_follow_the_append_time(kafka: KafkaSettings, topic: str) -> None:
    ensure_topic(kafka, topic)
    producer = KafkaProducer(**kafka.client_options())
    first = [producer.send(topic, b"x", partition=1).get(10) for _ in range(3)]
    time.sleep(0.05)
    later = producer.send(topic, b"x", partition=1).get(10)
    producer.close()

    assert beginning_offsets(kafka, topic) == {0: 0, 1: 0, 2: 0, 3: 0}
    assert end_offsets(kafka, topic) == {0: 0, 1: 4, 2: 0, 3: 0}
    assert offsets_at_time(kafka, topic, first[-1].timestamp + 1) == {0: None, 1: 3, 2: None, 3: None}
    assert offsets_at_time(kafka, topic, later.timestamp + 1) == {0: None, 1: None, 2: None, 3: None}
    assert offsets_at_time(kafka, topic, 0)[1] == 0


def test_what_kafka_refuses_or_lacks_is_a_fault_of_the_settings(kafka: KafkaSettings) -> None:
    with pytest.raises(BadSettings, match="does not exist"):
        end_offsets(kafka, "absent")
    with pytest.raises(BadSettings, match="refused"):
        ensure_topic(kafka, "not a name!")


def test_a_lost_broker_is_told_in_one_line_within_seconds() -> None:
    started_s = time.monotonic()

    with pytest.raises(ServiceAway, match=r"^Kafka at 127.0.0.1:9 cannot be reached: [^\n]*$"):
        end_offsets(KafkaSettings("127.0.0.1:9"), "devices")

    assert time.monotonic() - started_s < 15
