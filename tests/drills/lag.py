"""How far the ledger is behind Kafka, over all topics that a layer counts."""

from __future__ import annotations

import logging
from contextlib import closing

from confluent_kafka import Consumer, TopicPartition

from tests.lib.layers import Deployment
from tests.lib.streams_told import TOLD

Ends = dict[tuple[str, int], int]
"""(topic, partition) → the offset that the next record gets."""

_ANSWER_WITHIN_S = 10
_QUIET = logging.getLogger("drills.kafka")
_QUIET.addHandler(logging.NullHandler())
_QUIET.propagate = False


def log_ends(layers: Deployment) -> Ends:
    """The ends of the declared streams' topics; others of the broker are someone else's, and nobody counts them.

    Raises KafkaException while it is away.
    """
    servers = layers.environment()["KAFKA_BOOTSTRAP_SERVERS"]
    with closing(Consumer({"bootstrap.servers": servers, "group.id": "none", "logger": _QUIET})) as consumer:
        known = consumer.list_topics(timeout=_ANSWER_WITHIN_S).topics
        places = [(name, number) for name, topic in known.items() if name in TOLD
                  for number in topic.partitions]
        return {place: consumer.get_watermark_offsets(TopicPartition(*place), timeout=_ANSWER_WITHIN_S)[1]
                for place in places}


def counted(layers: Deployment) -> Ends:
    """The next offset of each partition by the ledger."""
    return {(topic, partition): next_offset for topic, partition, next_offset in layers.rows(
        "SELECT topic, partition, next_offset FROM stream_offset")}


def behind(layers: Deployment, ends: Ends) -> int:
    """Records before `ends` that are not counted yet."""
    reached = counted(layers)
    return sum(max(0, end - reached.get(place, 0)) for place, end in ends.items())
