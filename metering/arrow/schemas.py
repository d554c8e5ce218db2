"""The Arrow shapes of a stream: what pyarrow's JSON reader is asked for, and an archive file's columns."""

from __future__ import annotations

from collections.abc import Iterable

import pyarrow as pa

from metering.domain.stream import EVENT_ID, Field, Kind, Stream

UTC_MICROS = pa.timestamp("us", tz="UTC")

ARRIVAL = [("ingest_time", "ascending"), ("partition", "ascending"), ("offset", "ascending")]
"""The order of arrival: by append time, then by place in Kafka. The first of an identity is found by it."""

_JSON_TYPES = {
    Kind.TIME: pa.float64(), Kind.IDENTIFIER: pa.string(), Kind.INTEGER: pa.int64(), Kind.DECIMAL: pa.float64(),
}  # fmt: skip
_ARCHIVE_TYPES = {
    Kind.TIME: UTC_MICROS, Kind.IDENTIFIER: pa.string(), Kind.INTEGER: pa.int64(), Kind.TEXT: pa.string(),
    Kind.REAL: pa.float64(),
}  # fmt: skip

MESSAGES = pa.schema(
    [
        pa.field("value", pa.binary()),
        pa.field("topic", pa.string(), nullable=False),
        pa.field("partition", pa.int32(), nullable=False),
        pa.field("offset", pa.int64(), nullable=False),
        pa.field("timestamp", UTC_MICROS, nullable=False),
    ]
)
"""Kafka's messages as Spark hands them over; `timestamp` is the append time."""


def json_schema(stream: Stream) -> pa.Schema:
    """What a message's declared fields are read as, under each of their names."""
    return pa.schema([
        pa.field(name, _json_type(field)) for field in stream.all_fields for name in field.names])


def _json_type(field: Field) -> pa.DataType:
    """As a decimal the reader takes a number and text alike, to the last digit."""
    return pa.decimal128(38, field.decimals) if field.text else _JSON_TYPES[field.kind]


def archive_type(field: Field) -> pa.DataType:
    """What an archive file's column of the field holds."""
    if field.kind is Kind.DECIMAL:
        whole = max(len(str(abs(bound))) for bound in (field.low, field.high))
        return pa.decimal128(whole + field.decimals, field.decimals)
    return _ARCHIVE_TYPES[field.kind]


def event_schema(stream: Stream) -> pa.Schema:
    """What a message says: the declared fields, event_id (nullable), the place in Kafka, the append time."""
    return pa.schema(
        [
            *_columns(stream.fields),
            pa.field(EVENT_ID, pa.string()),
            pa.field("topic", pa.string(), nullable=False),
            pa.field("partition", pa.int32(), nullable=False),
            pa.field("offset", pa.int64(), nullable=False),
            pa.field("ingest_time", UTC_MICROS, nullable=False),
        ]
    )


def added_schema(stream: Stream) -> pa.Schema:
    """The columns that the speed layer adds to the stream's events."""
    return pa.schema(_columns(stream.added))


def archive_schema(stream: Stream) -> pa.Schema:
    """An archive file's columns: what the message says, then what was added."""
    return pa.schema([*event_schema(stream), *added_schema(stream)])


def encoded_schema(stream: Stream) -> pa.Schema:
    """An archive file's columns, texts but event_id as numbers of a dictionary, which is how the file holds them."""
    return pa.schema([
        field.with_type(pa.dictionary(pa.int32(), field.type))
        if pa.types.is_string(field.type) and field.name != EVENT_ID else field
        for field in archive_schema(stream)])


def _columns(fields: Iterable[Field]) -> list[pa.Field]:
    return [pa.field(field.name, archive_type(field), nullable=field.may_be_unknown) for field in fields]
