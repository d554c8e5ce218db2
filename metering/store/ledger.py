"""The ledger of offsets: what each topic is, where each partition stands, and what was stepped over."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime

from psycopg2.extensions import connection as Connection
from psycopg2.extras import Json

from metering.domain.errors import Damaged
from metering.domain.spans import DELETED, Gap, PartitionSpan
from metering.sql import statement
from metering.store.connection import only_row
from metering.store.slice_commit import advance, hold_generation, record_gaps

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def introduce_topic(connection: Connection, topic: str, topic_id: str) -> str:
    """Give the topic its generation 1 and remember its id; returns the id remembered. A repeat changes nothing."""
    with connection, connection.cursor() as cursor:
        cursor.execute(statement("speed/introduce_topic"), {"topic": topic, "topic_id": topic_id})
        cursor.execute(statement("speed/read_topic_id"), {"topic": topic})
        return str(only_row(cursor)[0])


def adopt_topic(connection: Connection, topic: str, topic_id: str) -> None:
    """Remember another id for the topic: an operator's word that it holds the same records."""
    with connection, connection.cursor() as cursor:
        cursor.execute(statement("speed/adopt_topic"), {"topic": topic, "topic_id": topic_id})


def read_offsets(connection: Connection, topic: str) -> dict[int, int]:
    """Per partition, the next offset to read."""
    with connection, connection.cursor() as cursor:
        cursor.execute(statement("speed/read_offsets"), {"topic": topic})
        return dict(cursor.fetchall())


def starting_offsets(
    topic: str, stored: Mapping[int, int], beginning: Mapping[int, int], end: Mapping[int, int]
) -> tuple[dict[int, int], list[Gap]]:
    """Where to read on, and what Kafka deleted before it was read.

    Raises Damaged where Kafka ends before the stored offset: then it is not the log we read before.
    """
    starts: dict[int, int] = {}
    gaps: list[Gap] = []
    for partition, first in sorted(beginning.items()):
        at = stored.get(partition, first)
        if at > end[partition]:
            raise Damaged(f"{topic} partition {partition} ends at {end[partition]}, but offset {at} was reached before")
        if at < first:
            gaps.append(Gap(partition, at, first - 1, DELETED))
        starts[partition] = max(at, first)
    return starts, gaps


def know_partitions(connection: Connection, topic: str, starts: Mapping[int, int]) -> None:
    """Give partitions that were never read a row, so that an empty one does not hold finality back."""
    with connection, connection.cursor() as cursor:
        for partition, first in sorted(starts.items()):
            cursor.execute(
                statement("speed/insert_offset"),
                {"topic": topic, "partition": partition, "expected": first, "next_offset": first, "last_append": EPOCH})


def step_over(connection: Connection, topic: str, gaps: list[Gap]) -> None:
    """Record gaps of deleted records and move past them, in one transaction."""
    with connection, connection.cursor() as cursor:
        hold_generation(cursor, topic)
        for gap in gaps:
            span = PartitionSpan(gap.partition, gap.first, gap.last, rows=0, last_append=0)
            advance(cursor, topic, span, gap.first, known=True)
        record_gaps(cursor, topic, gaps)


def note_end_offsets(connection: Connection, topic: str, ends: Mapping[int, int], asked_at: datetime) -> None:
    """Note where Kafka's log ended when it was asked, for the lag on the site and the watermark.

    `asked_at` is from before the question. While a partition that no slice has read yet holds records, the moment is
    not noted: the others must not vouch for it.
    """
    with connection, connection.cursor() as cursor:
        cursor.execute(statement("speed/read_offsets"), {"topic": topic})
        known = dict(cursor.fetchall())
        unread = any(end for partition, end in ends.items() if partition not in known)
        for partition, end in ends.items():
            cursor.execute(statement("speed/note_end_offset"), {
                "topic": topic, "partition": partition, "end_offset": end, "asked_at": None if unread else asked_at})


def note_layer(connection: Connection, layer: str, started_at: datetime, detail: Mapping[str, object]) -> None:
    """Note that a layer is alive and what it says of itself."""
    with connection, connection.cursor() as cursor:
        cursor.execute(
            statement("note_layer"), {"layer": layer, "started_at": started_at, "detail": Json(dict(detail))})
