"""A record sent to its topic once more, so that however often it is tried Kafka holds it once.

Two things make a second try harmless. The record carries a mark in a header, by which it is found again; and it is
sent under a number that was noted before: Kafka takes a producer's number of a partition once (KIP-98), so that even
a sender that was frozen and wakes up later adds nothing. Kafka forgets a producer a day after its last record.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from types import TracebackType
from typing import Any

from kafka import KafkaConsumer, KafkaProducer, TopicPartition
from kafka import errors as kafka_errors
from kafka.producer.transaction_manager import ProducerIdAndEpoch

from metering.domain.errors import LambdameterError, ServiceAway
from metering.domain.event import Position
from metering.settings import KafkaSettings

MARK = "lambdameter-replay-of"

_WAIT_S = 10.0
_POLL_MS = 500

_FINAL = (
    kafka_errors.MessageSizeTooLargeError,
    kafka_errors.RecordListTooLargeError,
    kafka_errors.InvalidTopicError,
    kafka_errors.AuthorizationError,
    kafka_errors.InvalidRecordError,
)


class Untaken(LambdameterError):
    """Kafka does not take such a record; it was not written."""

    exit_status = 2


@dataclass(frozen=True)
class Original:
    """A record as Kafka holds it."""

    key: bytes | None
    value: bytes | None


@dataclass(frozen=True)
class Number:
    """What a record of one partition is sent under: a second one of the same number is not written."""

    producer: int
    epoch: int
    sequence: int


class Resender:
    """A reader and a sender of one topic, for one replay or many; to be used by one thread.

    Every call raises ServiceAway where Kafka does not answer within `wait_s`; sending takes twice as long at most.
    """

    def __init__(self, kafka: KafkaSettings, topic: str, wait_s: float = _WAIT_S) -> None:
        self._kafka, self._topic, self._wait_s = kafka, topic, wait_s
        self._patience = {"request_timeout_ms": int(1000 * wait_s), "bootstrap_timeout_ms": int(1000 * wait_s)}
        self._producer: KafkaProducer | None = None
        with self._reaching():
            self._consumer = KafkaConsumer(
                **kafka.client_options(), group_id=None, enable_auto_commit=False, auto_offset_reset="none",
                isolation_level="read_committed", allow_auto_create_topics=False, **self._patience)

    def original(self, place: Position) -> Original | None:
        """The record at the place; None where Kafka no longer holds it."""
        with self._reaching():
            first, end = self._bounds(place.partition)
            if not first <= place.offset < end:
                return None
            for record in self._records(place.partition, place.offset, place.offset + 1):
                if record.offset == place.offset:
                    return Original(record.key, record.value)
        return None

    def end(self, partition: int) -> int:
        """The offset that the partition's next record will get, at the earliest."""
        with self._reaching():
            return self._bounds(partition)[1]

    def first(self, partition: int) -> int:
        """The offset of the first record that Kafka still holds, or will."""
        with self._reaching():
            return self._bounds(partition)[0]

    def sent(self, place: Position, start: int) -> int | None:
        """The offset of the record that carries the mark of `place`, from `start` on; None: there is none."""
        with self._reaching():
            first, end = self._bounds(place.partition)
            for record in self._records(place.partition, max(first, start), end):
                if (MARK, mark_of(place)) in record.headers:
                    return int(record.offset)
        return None

    def next_number(self, partition: int) -> Number:
        """A number that nothing was sent under yet."""
        with self._reaching():
            numbers = self._sender()._transaction_manager
            given = numbers.producer_id_and_epoch
            return Number(given.producer_id, given.epoch, numbers.sequence_number(self._place(partition)))

    def send(self, place: Position, record: Original, number: Number) -> int:
        """Send it to its topic and partition under `number`, marked with its place, and give its new offset.

        Raises Untaken where Kafka will never take it, ServiceAway where it is not known whether it was written.
        """
        with self._reaching():
            producer = self._sender_under(number, place.partition)
            try:
                pending = producer.send(
                    self._topic, value=record.value, key=record.key, partition=place.partition,
                    headers=[(MARK, mark_of(place))])
                return int(pending.get(timeout=2 * self._wait_s).offset)
            except _FINAL as error:
                self._close_producer()  # its next number would not be the one after
                raise Untaken(f"{self._where} does not take it: {error}") from error

    def _sender(self) -> KafkaProducer:
        """The sender, which Kafka has given an id."""
        if self._producer is None:
            self._producer = KafkaProducer(
                **self._kafka.client_options(), acks="all", enable_idempotence=True, linger_ms=0,
                delivery_timeout_ms=int(2000 * self._wait_s), max_block_ms=int(1000 * self._wait_s),
                allow_auto_create_topics=False, **self._patience)
        ends_s = time.monotonic() + self._wait_s
        while not self._producer._transaction_manager.has_producer_id():
            if time.monotonic() > ends_s:
                raise ServiceAway(f"{self._where} gives no producer id")
            time.sleep(0.01)
        return self._producer

    def _sender_under(self, number: Number, partition: int) -> KafkaProducer:
        """The sender whose next record of the partition has `number`, be it another sender's that is no more."""
        producer, place = self._sender(), self._place(partition)
        numbers = producer._transaction_manager
        if not numbers.has_producer_id_and_epoch(number.producer, number.epoch):
            numbers.set_producer_id_and_epoch(ProducerIdAndEpoch(number.producer, number.epoch))
        numbers.set_sequence_number(place, number.sequence)
        return producer

    def _bounds(self, partition: int) -> tuple[int, int]:
        place = self._place(partition)
        first, end = self._consumer.beginning_offsets([place]), self._consumer.end_offsets([place])
        return int(first[place]), int(end[place])

    def _records(self, partition: int, start: int, end: int) -> Iterator[Any]:
        """The records of [start, end), in their order. What transactions leave between is stepped over."""
        place = self._place(partition)
        self._consumer.assign([place])
        self._consumer.seek(place, start)
        ends_s = time.monotonic() + self._wait_s
        while self._consumer.position(place) < end:
            found = self._consumer.poll(timeout_ms=_POLL_MS).get(place, [])
            if found:
                ends_s = time.monotonic() + self._wait_s
            elif time.monotonic() > ends_s:
                raise ServiceAway(f"{self._where} gives no records")
            yield from (record for record in found if record.offset < end)

    def _place(self, partition: int) -> TopicPartition:
        return TopicPartition(self._topic, partition)

    @property
    def _where(self) -> str:
        return f"Kafka at {self._kafka.bootstrap_servers}"

    @contextmanager
    def _reaching(self) -> Iterator[None]:
        try:
            yield
        except (kafka_errors.KafkaError, OSError) as error:
            line = " ".join(str(error).split())[:300] or type(error).__name__
            raise ServiceAway(f"{self._where} cannot be reached: {line}") from error

    def _close_producer(self) -> None:
        if self._producer is not None:
            self._producer.close(timeout=1)
            self._producer = None

    def __enter__(self) -> Resender:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None,
                 trace: TracebackType | None) -> None:
        self._close_producer()
        self._consumer.close(autocommit=False, timeout_ms=1000)


def mark_of(place: Position) -> bytes:
    """What a replay's header says.

    >>> mark_of(Position("a", 1, 7))
    b'a/1/7'
    """
    return f"{place.topic}/{place.partition}/{place.offset}".encode()
