"""The books' side of a repair: what the manifest says of each file, what was refused then, the new file's listing."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np
import pyarrow as pa
from psycopg2 import sql
from psycopg2.extensions import cursor as Cursor

from metering.domain.archive_file import RowSpan
from metering.domain.event import Reason
from metering.domain.stream import Stream
from metering.sql import statement
from metering.store.compaction import Raced, spans_as_json
from metering.store.rollups import identifiers
from metering.store.slice_commit import hold_generation

HOUR = timedelta(hours=1)


@dataclass(frozen=True)
class CountingRow:
    """All that the manifest says of a file that counts. `failed`: the latest try of its hour was not published.

    A compacted file has `spans`, or, from before they were kept, rows by partition alone, or nothing at all.
    """

    path: str
    hour: datetime
    rows: int
    kafka_partition: int | None
    first_offset: int | None
    last_offset: int | None
    generation: int
    size: int
    sha256: str
    first_ingest: datetime
    listed_at: datetime
    partition_rows: Mapping[str, int]
    spans: Mapping[str, Sequence[int]]
    failed: bool

    @property
    def known_spans(self) -> dict[int, RowSpan]:
        """Where its rows lie in Kafka; empty where the manifest does not say."""
        if self.kafka_partition is not None and self.first_offset is not None and self.last_offset is not None:
            return {self.kafka_partition: RowSpan(self.first_offset, self.last_offset, self.rows)}
        return {int(number): RowSpan(*span) for number, span in self.spans.items()}


def counting_rows(cursor: Cursor, topic: str) -> list[CountingRow]:
    """Every file of the topic that counts, the earliest hours first."""
    cursor.execute(statement("repair/counting_rows"), {"topic": topic})
    return [CountingRow(*row) for row in cursor.fetchall()]


def topic_id(cursor: Cursor, topic: str) -> str:
    """The id of the topic that was counted; empty where none was."""
    cursor.execute(statement("speed/read_topic_id"), {"topic": topic})
    row = cursor.fetchone()
    return "" if row is None else str(row[0])


def first_counted(cursor: Cursor, topic: str) -> dict[int, int]:
    """Per partition, the offset at which counting began."""
    cursor.execute(statement("repair/first_counted"), {"topic": topic})
    return dict(cursor.fetchall())


def dead_offsets(cursor: Cursor, topic: str, partition: int, span: RowSpan) -> np.ndarray:
    """The offsets of a span that were rejected when they were counted, ascending."""
    cursor.execute(statement("repair/dead_offsets"), {
        "topic": topic, "partition": partition, "first": span.first, "last": span.last,
        "conflict": Reason.CONFLICT.name})
    return np.array([offset for (offset,) in cursor.fetchall()], dtype=np.int64)


def recorded_rows(
    cursor: Cursor, stream: Stream, hour: datetime, spans: Mapping[int, RowSpan], schema: pa.Schema
) -> pa.Table:
    """The columns of `schema` of the spans' events of an hour, from the table of the stream's last days.

    Repeats are not in it, nor is anything of days that were forgotten.
    """
    query = statement(
        "repair/recorded_rows", columns=identifiers(schema.names), table=sql.Identifier(str(stream.recent)),
        time=sql.Identifier(stream.time_field.name))
    rows: list[tuple[object, ...]] = []
    for partition, span in spans.items():
        cursor.execute(query, {
            "start": hour, "end": hour + HOUR, "partition": partition, "first": span.first, "last": span.last})
        rows += cursor.fetchall()
    columns = list(zip(*rows, strict=True)) or [()] * len(schema)
    return pa.table([pa.array(values, field.type) for values, field in zip(columns, schema, strict=True)], schema)


@dataclass(frozen=True)
class Restored:
    """The file that takes a damaged one's place."""

    path: str
    size: int
    sha256: str
    spans: Mapping[int, RowSpan]


def relist(
    cursor: Cursor, topic: str, damaged: CountingRow, restored: Restored, is_present: Callable[[], bool]
) -> None:
    """Move a damaged file's row to the restored one, within the caller's transaction; what it counts for stays.

    Raises Raced where the row is not what it was, or the restored file was removed: then nothing is changed.
    """
    # Held first, as in a slice's commit: no vacuum removes the new file between the look and the commit.
    hold_generation(cursor, topic)
    if not is_present():
        raise Raced(f"{restored.path} was removed before it was listed")
    cursor.execute(statement("repair/relist"), {
        "path": restored.path, "size": restored.size, "sha256": restored.sha256,
        "spans": spans_as_json(restored.spans if damaged.kafka_partition is None else {}),
        "damaged": damaged.path, "damaged_sha256": damaged.sha256})
    if cursor.rowcount != 1:
        raise Raced(f"{damaged.path} was superseded or restored meanwhile")
