"""The client for bulk: confluent-kafka (librdkafka), hundreds of thousands of events a second."""

from __future__ import annotations

import logging
from collections.abc import Callable
from functools import partial
from typing import Any

from confluent_kafka import KafkaError, KafkaException, Producer

from metering.settings import KafkaSettings
from producers.sending.block import Block

_WINDOW = 200_000
_FINAL = (
    KafkaError.MSG_SIZE_TOO_LARGE,
    KafkaError.TOPIC_AUTHORIZATION_FAILED,
    KafkaError.CLUSTER_AUTHORIZATION_FAILED,
    KafkaError.TOPIC_EXCEPTION,
    KafkaError.INVALID_RECORD,
)


class ConfluentSender:
    """Acknowledgements are served by `pump`, on the caller's thread.

    A fatal error of the idempotent producer (its sequence was lost) ends the producer: all that was under way
    is lost for another try, and a fresh producer takes its place.
    """

    def __init__(self, kafka: KafkaSettings) -> None:
        self._options = _options(kafka)
        self._producer = Producer(self._options, logger=_silent())
        self._fatal = False

    def send(self, block: Block, start: int) -> int:
        produce, topic, keys, values = self._producer.produce, block.topic, block.keys, block.values
        delivered = self._on_delivery(block)
        end = min(len(block), start + _WINDOW - self.outstanding)
        for index in range(start, end):
            try:
                produce(topic, values[index], keys[index], on_delivery=partial(delivered, index))
            except BufferError:
                return index - start
            except KafkaException as error:
                self._lose(block, index, error.args[0])
        return max(0, end - start)

    def _on_delivery(self, block: Block) -> Callable[[int, Any, Any], None]:
        """The callback of a block's messages: called for each, so it does without a call of its own."""
        partitions, offsets, append_ms = block.partitions, block.offsets, block.append_ms

        def delivered(index: int, error: Any, message: Any) -> None:
            if error is not None:
                self._lose(block, index, error)
                return
            partitions[index] = message.partition()
            offsets[index] = message.offset()
            append_ms[index] = message.timestamp()[1]
            block.acknowledged += 1

        return delivered

    def _lose(self, block: Block, index: int, error: Any) -> None:
        self._fatal = self._fatal or error.fatal()
        block.lose(index, error.str(), again=error.code() not in _FINAL)

    def pump(self, timeout_s: float) -> None:
        self._producer.poll(timeout_s if self.outstanding else 0)
        if self._fatal:
            self._begin_anew()

    def _begin_anew(self) -> None:
        self.abandon()
        self._producer = Producer(self._options, logger=_silent())
        self._fatal = False

    @property
    def outstanding(self) -> int:
        return len(self._producer)

    def abandon(self) -> None:
        self._producer.purge()
        self._producer.flush(10)

    def close(self) -> None:
        self._producer.flush(5)


def _options(kafka: KafkaSettings) -> dict[str, object]:
    options: dict[str, object] = {
        "bootstrap.servers": kafka.bootstrap_servers,
        "security.protocol": kafka.security_protocol,
        "acks": "all",
        "enable.idempotence": True,
        "partitioner": "murmur2_random",
        "compression.type": "lz4",
        "linger.ms": 20,
        "batch.size": 1_000_000,
        "queue.buffering.max.messages": _WINDOW,
        "queue.buffering.max.kbytes": 512 * 1024,
        "message.timeout.ms": 0,
        "socket.timeout.ms": 10_000,
        "reconnect.backoff.max.ms": 2_000,
        "allow.auto.create.topics": False,
    }
    secured = {
        "sasl.mechanism": kafka.sasl_mechanism,
        "sasl.username": kafka.sasl_username,
        "sasl.password": kafka.sasl_password,
        "ssl.ca.location": kafka.ssl_cafile,
    }
    return options | {name: value for name, value in secured.items() if value is not None}


def _silent() -> logging.Logger:
    """librdkafka tells of every lost connection; `Watch` says it once for all."""
    logger = logging.getLogger("librdkafka")
    logger.setLevel(logging.CRITICAL)
    return logger
