"""The default client: kafka-python, some ten thousand events a second."""

from __future__ import annotations

import threading
from contextlib import suppress
from functools import partial
from typing import Any

from kafka import KafkaProducer
from kafka import errors as kafka_errors

from metering.domain.errors import ServiceAway
from metering.settings import KafkaSettings
from producers.sending.block import Block

_WINDOW = 20_000
"""Messages under way at most: kafka-python bounds its own memory no longer."""

_FOR_EVER_MS = 2**31 - 1
_REQUEST_MS = 10_000

_FINAL = (
    kafka_errors.MessageSizeTooLargeError,
    kafka_errors.RecordListTooLargeError,
    kafka_errors.InvalidTopicError,
    kafka_errors.AuthorizationError,
    kafka_errors.InvalidRecordError,
)


class KafkaPythonSender:
    """Callbacks come on the client's own thread; a condition wakes the one that waits for them."""

    def __init__(self, kafka: KafkaSettings) -> None:
        try:
            self._producer = KafkaProducer(
                **kafka.client_options(),
                acks="all",
                enable_idempotence=True,
                linger_ms=20,
                batch_size=64 * 1024,
                delivery_timeout_ms=_FOR_EVER_MS,
                request_timeout_ms=_REQUEST_MS,
                max_block_ms=_REQUEST_MS,
                bootstrap_timeout_ms=_REQUEST_MS,
                reconnect_backoff_max_ms=2_000,
                allow_auto_create_topics=False,
            )
        except kafka_errors.KafkaError as error:
            raise ServiceAway(f"Kafka at {kafka.bootstrap_servers} cannot be reached: {error}") from error
        self._queued = 0
        self._settled = 0
        self._came = threading.Condition()

    def send(self, block: Block, start: int) -> int:
        end = min(len(block), start + _WINDOW - self.outstanding)
        for index in range(start, end):
            self._queued += 1
            self._send_one(block, index)
        return max(0, end - start)

    def _send_one(self, block: Block, index: int) -> None:
        lost = partial(self._lost, block, index)
        try:
            future = self._producer.send(block.topic, value=block.values[index], key=block.keys[index])
        except (kafka_errors.KafkaError, ValueError) as error:
            lost(error)
            return
        future.add_callback(partial(self._acknowledged, block, index))
        future.add_errback(lost)

    def _acknowledged(self, block: Block, index: int, metadata: Any) -> None:
        with self._came:
            block.acknowledge(index, metadata.partition, metadata.offset, metadata.timestamp)
            self._settled += 1
            self._came.notify()

    def _lost(self, block: Block, index: int, error: Exception) -> None:
        final = isinstance(error, (*_FINAL, ValueError))
        with self._came:
            block.lose(index, f"{type(error).__name__}: {error}"[:300], again=not final)
            self._settled += 1
            self._came.notify()

    def pump(self, timeout_s: float) -> None:
        with self._came:
            if self.outstanding:
                self._came.wait(timeout_s)

    @property
    def outstanding(self) -> int:
        return self._queued - self._settled

    def abandon(self) -> None:
        with suppress(kafka_errors.KafkaTimeoutError):
            self._producer.close(timeout=0)
        # close() raises before it comes to this, and would leave all futures pending (3.0.12)
        self._producer._sender.force_close()
        with self._came:
            self._came.wait_for(lambda: not self.outstanding, _REQUEST_MS / 1000)

    def close(self) -> None:
        with suppress(kafka_errors.KafkaTimeoutError):
            self._producer.close(timeout=5)
