"""Topics: created once, described, and their offsets looked up.

Every call opens a client of its own and closes it, waits about ten seconds at most, and raises ServiceAway
where Kafka cannot be reached, BadSettings where it refuses us or lacks the topic.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Any, Literal

from kafka import KafkaAdminClient, TopicPartition
from kafka import errors as kafka_errors
from kafka.admin import ConfigResource, ConfigResourceType, OffsetSpec

from metering.domain.errors import BadSettings, ServiceAway
from metering.settings import KafkaSettings

TimestampType = Literal["LogAppendTime", "CreateTime"]

_WAIT_MS = 10_000
_MAX_REPLICAS = 3
_TIMESTAMP_TYPE = "message.timestamp.type"

_REFUSALS = (
    kafka_errors.SaslAuthenticationFailedError,
    kafka_errors.AuthorizationError,
    kafka_errors.PolicyViolationError,
    kafka_errors.InvalidTopicError,
    kafka_errors.InvalidReplicationFactorError,
)


@dataclass(frozen=True)
class TopicFacts:
    """What a topic is. `topic_id` is Kafka's UUID: a topic made anew under the same name has another one."""

    topic: str
    topic_id: str
    partitions: tuple[int, ...]
    timestamp_type: TimestampType


def ensure_topic(kafka: KafkaSettings, topic: str, partitions: int = 4) -> None:
    """Create the topic with LogAppendTime where it is missing; one that exists is used as it is.

    Harmless when repeated and when others create it at the same moment. Returns when every partition has a
    leader.
    """
    with _admin(kafka) as admin:
        if _found(admin, topic) is None:
            _create(admin, topic, partitions)
        admin.wait_for_topics([topic], timeout_ms=_WAIT_MS)


def topic_facts(kafka: KafkaSettings, topic: str) -> TopicFacts:
    """The topic's id, partitions and timestamp type."""
    with _admin(kafka) as admin:
        described = _known(admin, topic)
        return TopicFacts(
            topic=topic,
            topic_id=str(described["topic_id"]),
            partitions=_partitions(described),
            timestamp_type=_timestamp_type(admin, topic),
        )


def beginning_offsets(kafka: KafkaSettings, topic: str) -> dict[int, int]:
    """Per partition, the offset of the first record Kafka still holds."""
    return _offsets(kafka, topic, OffsetSpec.EARLIEST)


def end_offsets(kafka: KafkaSettings, topic: str) -> dict[int, int]:
    """Per partition, the offset that the next record will get."""
    return _offsets(kafka, topic, OffsetSpec.LATEST)


def offsets_at_time(kafka: KafkaSettings, topic: str, time_ms: int) -> dict[int, int | None]:
    """Per partition, the first offset appended at or after `time_ms` (epoch ms, UTC); None: none yet."""
    found = _offsets(kafka, topic, time_ms)
    return {partition: offset if offset >= 0 else None for partition, offset in found.items()}


class _Admin(KafkaAdminClient):
    """kafka-python leaves its thread behind when it cannot connect; this one ends it."""

    def __init__(self, kafka: KafkaSettings) -> None:
        try:
            super().__init__(
                **kafka.client_options(), bootstrap_timeout_ms=_WAIT_MS, request_timeout_ms=_WAIT_MS)
        except BaseException:
            self._net.stop()
            raise


@contextmanager
def _admin(kafka: KafkaSettings) -> Iterator[KafkaAdminClient]:
    """An admin client for one call, with Kafka's errors told as ours."""
    try:
        with _Admin(kafka) as admin:
            yield admin
    except _REFUSALS as error:
        raise BadSettings([f"Kafka at {kafka.bootstrap_servers} refused: {_line(error)}"]) from error
    except (kafka_errors.KafkaError, OSError) as error:
        raise ServiceAway(f"Kafka at {kafka.bootstrap_servers} cannot be reached: {_line(error)}") from error


def _line(error: Exception) -> str:
    return " ".join(str(error).split())[:300]


def _found(admin: KafkaAdminClient, topic: str) -> dict[str, Any] | None:
    """The topic's metadata, or None where Kafka does not know it."""
    described: dict[str, Any] = admin.describe_topics([topic])[0]
    fault = kafka_errors.for_code(described["error_code"])
    if fault is kafka_errors.UnknownTopicOrPartitionError:
        return None
    if fault not in (kafka_errors.NoError, kafka_errors.LeaderNotAvailableError):
        raise fault(f"topic {topic!r}")
    return described


def _known(admin: KafkaAdminClient, topic: str) -> dict[str, Any]:
    described = _found(admin, topic)
    if described is None:
        raise BadSettings([f"topic {topic!r} does not exist in Kafka: want one that was created first"])
    return described


def _create(admin: KafkaAdminClient, topic: str, partitions: int) -> None:
    """Create with as many replicas as brokers allow; one less may be out of step, so that acks=all survives
    the loss of a broker."""
    replicas = min(_MAX_REPLICAS, len(admin.describe_cluster()["brokers"]))
    configs = {_TIMESTAMP_TYPE: "LogAppendTime", "min.insync.replicas": str(max(1, replicas - 1))}
    wanted = {"num_partitions": partitions, "replication_factor": replicas, "configs": configs}
    with suppress(kafka_errors.TopicAlreadyExistsError):
        admin.create_topics({topic: wanted}, timeout_ms=_WAIT_MS)


def _partitions(described: dict[str, Any]) -> tuple[int, ...]:
    return tuple(sorted(partition["partition_index"] for partition in described["partitions"]))


def _timestamp_type(admin: KafkaAdminClient, topic: str) -> TimestampType:
    resource = ConfigResource(ConfigResourceType.TOPIC, topic, configs={_TIMESTAMP_TYPE: None})
    configs = admin.describe_configs([resource], config_filter="all")["topic"][topic]
    return "LogAppendTime" if configs[_TIMESTAMP_TYPE]["value"] == "LogAppendTime" else "CreateTime"


def _offsets(kafka: KafkaSettings, topic: str, wanted: OffsetSpec | int) -> dict[int, int]:
    """Per partition, what Kafka answers; -1 where nothing is that young."""
    with _admin(kafka) as admin:
        places = [TopicPartition(topic, number) for number in _partitions(_known(admin, topic))]
        answered = admin.list_partition_offsets(dict.fromkeys(places, wanted))
        return {place.partition: found.offset for place, found in sorted(answered.items())}
