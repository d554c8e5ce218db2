"""What the recount's tasks emit: one frame of marked rows, which Spark SQL sums further."""

from __future__ import annotations

import json
import pickle
from enum import StrEnum
from typing import Any

import pyarrow as pa

from metering.arrow.distinct import DistinctRows
from metering.arrow.partial import partial_schema
from metering.arrow.schemas import UTC_MICROS
from metering.domain.event import Position, Reason, Rejected, Rejection
from metering.domain.rollup import Rollup
from metering.domain.stream import EVENT_ID, Kind, Stream


class Part(StrEnum):
    """The kinds of row."""

    EXACT = "exact"  # sums of the first of each identity, by window
    FRESH = "fresh"  # raw sums of newly sealed files, by window
    REPEATED = "repeated"  # sums of what was not counted, by hour
    WHOLE = "whole"  # raw sums of all listed files, by hour
    COUNT = "count"  # rows, distinct rows, repeats; conflicts in `payload`
    DAMAGE = "damage"  # why the hour cannot be counted, in `payload`
    AWAY = "away"  # why the archive cannot be reached, in `payload`


def parts_schema(stream: Stream) -> pa.Schema:
    """`part`, `rollup`, `hour`, the counts and payload, then each rollup's columns under `<rollup>__<column>`."""
    fields = [
        pa.field("part", pa.string()), pa.field("rollup", pa.string()), pa.field("hour", UTC_MICROS),
        pa.field("events", pa.int64()), pa.field("repeats", pa.int64()), pa.field("payload", pa.binary()),
    ]  # fmt: skip
    for rollup in stream.rollups:
        fields += [pa.field(column_name(rollup, column.name), column.type) for column in partial_schema(rollup)]
    return pa.schema(fields)


def column_name(rollup: Rollup, column: str) -> str:
    return f"{rollup.name}__{column}"


def parts_ddl(stream: Stream) -> str:
    """parts_schema in Spark's words."""
    return ", ".join(f"`{field.name}` {_in_spark(field.type)}" for field in parts_schema(stream))


def _in_spark(kind: pa.DataType) -> str:
    if pa.types.is_decimal(kind):
        return f"decimal({kind.precision},{kind.scale})"
    return {pa.string(): "string", UTC_MICROS: "timestamp", pa.int64(): "bigint", pa.binary(): "binary"}[kind]


def sums_batch(stream: Stream, rollup: Rollup, part: Part, hour: int, sums: pa.Table) -> list[pa.RecordBatch]:
    columns = {column_name(rollup, column): sums[column] for column in sums.column_names}
    return _batches(stream, part, hour, sums.num_rows, {"rollup": pa.repeat(rollup.name, sums.num_rows), **columns})


def count_batch(stream: Stream, hour: int, distinct: DistinctRows) -> pa.RecordBatch:
    letters = [_letter(stream, row) for row in distinct.conflicts.to_pylist()]
    contested = [_position(row) for row in distinct.contested.to_pylist()]
    counts = {
        "events": pa.array([distinct.count]), "repeats": pa.array([distinct.repeats.num_rows]),
        "payload": pa.array([pickle.dumps((letters, contested))], pa.binary()),
    }  # fmt: skip
    return _batches(stream, Part.COUNT, hour, 1, counts)[0]


def fault_batch(stream: Stream, part: Part, hour: int, why: str) -> pa.RecordBatch:
    """A row of damage, or of an archive that is away."""
    return _batches(stream, part, hour, 1, {"payload": pa.array([why.encode()], pa.binary())})[0]


def _batches(stream: Stream, part: Part, hour: int, rows: int, columns: dict[str, pa.Array]) -> list[pa.RecordBatch]:
    schema = parts_schema(stream)
    marked = {"part": pa.repeat(part.value, rows), "hour": pa.array([hour] * rows, UTC_MICROS), **columns}
    table = pa.table({
        field.name: marked.get(field.name, pa.nulls(rows, field.type)) for field in schema}).cast(schema)
    return table.combine_chunks().to_batches()


def _letter(stream: Stream, row: dict[str, Any]) -> Rejected:
    """A CONFLICT dead letter, its raw bytes the declared fields as canonical JSON."""
    content = {field.name: row[field.name] for field in stream.fields if field.kind is not Kind.TIME}
    content[stream.time_field.name] = row[stream.time_field.name].timestamp()
    content[EVENT_ID] = row[EVENT_ID]
    raw = json.dumps(content, sort_keys=True, separators=(",", ":"), default=float).encode()
    ingest_us = int(pa.scalar(row["ingest_time"], UTC_MICROS).value)
    fault = Rejection(Reason.CONFLICT, EVENT_ID, str(row[EVENT_ID]), "one event_id for one event in an hour")
    return Rejected(_position(row), ingest_us, raw, fault)


def _position(row: dict[str, Any]) -> Position:
    return Position(row["topic"], row["partition"], row["offset"])
