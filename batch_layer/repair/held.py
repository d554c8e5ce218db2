"""What Kafka still holds of a topic, and whether that is all of a file."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from metering.domain.archive_file import RowSpan
from metering.domain.errors import Damaged
from metering.kafka.topics import beginning_offsets, end_offsets, offsets_at_time, topic_facts
from metering.settings import KafkaSettings
from metering.store.repair import CountingRow

OffsetsAt = Mapping[int, int | None]


class Refused(Exception):
    """A file that cannot be restored from Kafka, and why; nothing was changed."""


@dataclass(frozen=True)
class Wanted:
    """Where a file's rows lie. Not `exact`: they are the first rows of the file's hour within each span."""

    spans: Mapping[int, RowSpan]
    exact: bool = True


@dataclass(frozen=True)
class Held:
    """A topic's partitions: the first offset that Kafka holds, the one after its last, and where counting began."""

    begins: Mapping[int, int]
    ends: Mapping[int, int]
    counted_from: Mapping[int, int]

    def require(self, spans: Mapping[int, RowSpan]) -> None:
        """Raises Refused, naming the offsets, where Kafka lacks a record of the spans."""
        missing = [fault for number, span in sorted(spans.items()) if (fault := self._missing(number, span))]
        if missing:
            raise Refused("Kafka no longer holds " + "; ".join(missing))

    def _missing(self, partition: int, span: RowSpan) -> str:
        begins, ends = self.begins.get(partition, 0), self.ends.get(partition, 0)
        if begins <= span.first and span.last < ends:
            return ""
        lost = f"{span.first}–{min(span.last, begins - 1)}" if begins > span.first else f"{ends}–{span.last}"
        return f"offsets {lost} of partition {partition}, which begins at {begins} and ends before {ends}"

    def by_time(self, partition_rows: Mapping[int, int], since: OffsetsAt, until: OffsetsAt) -> Wanted:
        """Spans of a file that tells rows by partition alone: from its first append time to the moment it was listed.

        Its rows of a partition are the first of their hour, since offsets were counted in their order. Raises Refused
        where Kafka may have deleted some of them.
        """
        spans: dict[int, RowSpan] = {}
        for partition, rows in partition_rows.items():
            first, last = since.get(partition), until.get(partition)
            begins = self.begins.get(partition, 0)
            is_whole = begins <= self.counted_from.get(partition, 0) or (first is not None and begins < first)
            if first is None or not is_whole:
                raise Refused(f"Kafka no longer holds all records from its first one on: partition {partition} begins "
                              f"at offset {begins}")
            spans[partition] = RowSpan(first, (self.ends[partition] if last is None else last) - 1, rows)
        return Wanted(spans, exact=False)


def ask_kafka(kafka: KafkaSettings, topic: str, counted_id: str, counted_from: Mapping[int, int]) -> Held:
    """Look at the topic. Raises Damaged where it is another one of that name, ServiceAway, BadSettings."""
    found = topic_facts(kafka, topic).topic_id
    if found != counted_id:
        raise Damaged(
            f"topic {topic!r} is another one of that name (id {found}, counted: {counted_id}): nothing is read from it")
    return Held(beginning_offsets(kafka, topic), end_offsets(kafka, topic), counted_from)


def wanted_of(kafka: KafkaSettings, topic: str, file: CountingRow, held: Held) -> Wanted:
    """Where a file's rows lie, all of it still in Kafka. Raises Refused, ServiceAway."""
    if spans := file.known_spans:
        held.require(spans)
        return Wanted(spans)
    if not file.partition_rows:
        raise Refused("the manifest does not say where in Kafka its rows came from")
    rows = {int(number): count for number, count in file.partition_rows.items()}
    since, until = (
        offsets_at_time(kafka, topic, _milliseconds(moment)) for moment in (file.first_ingest, file.listed_at))
    return held.by_time(rows, since, until)


def _milliseconds(moment: datetime) -> int:
    return int(moment.timestamp() * 1000)
