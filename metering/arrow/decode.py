"""A block of messages → accepted rows and rejects.

The fast path reads the whole block with pyarrow's JSON reader and accepts rows by vector checks; it accepts
nothing that `domain.judge` would refuse, nor another value. Every row it does not accept is judged by `judge`,
message by message, so one bad message never costs its neighbours.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from decimal import Decimal

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.json as pj

from metering.arrow.identifiers import few_texts_fit, many_texts_fit
from metering.arrow.schemas import UTC_MICROS, archive_type, event_schema, json_schema
from metering.arrow.screen import flat_objects, plain_decimals, tidy_rows
from metering.domain.event import Event, Position, Rejected
from metering.domain.judge import judge
from metering.domain.rollup import MICROSECONDS
from metering.domain.stream import EVENT_ID, Field, Kind, Stream, TimeRules


@dataclass(frozen=True)
class Checked:
    """A block's outcome: `accepted` has the archive's columns; order within the block is not kept."""

    accepted: pa.Table
    rejected: tuple[Rejected, ...]


def decode(stream: Stream, messages: pa.RecordBatch, rules: TimeRules) -> Checked:
    """Judge every row of `messages` (schema MESSAGES, one topic). Never raises on any bytes."""
    fast, rest = _read_fast(stream, messages, rules)
    slow, rejected = _judge_each(stream, rest, rules)
    tables = [table for table in (fast, slow) if table is not None and table.num_rows]
    accepted = pa.concat_tables(tables) if tables else event_schema(stream).empty_table()
    return Checked(accepted, tuple(rejected))


def _read_fast(
    stream: Stream, messages: pa.RecordBatch, rules: TimeRules
) -> tuple[pa.Table | None, pa.RecordBatch]:
    """Accepted rows of the fast path, and the messages left for `judge`."""
    for rows in _choices(stream, messages):
        chosen = messages if rows is None else messages.filter(rows)
        parsed = _parse_block(stream, chosen.column("value"))
        if parsed is not None:
            good = _fits(stream, parsed, chosen, rules)
            if rows is None and pc.all(good).as_py():
                return _accept(stream, parsed, messages), messages.slice(0, 0)
            rest = chosen.filter(pc.invert(good))
            if rows is not None:
                rest = pa.concat_batches([rest, messages.filter(pc.invert(rows))])
            return _accept(stream, parsed.filter(good), chosen.filter(good)), rest
    return None, messages


def _choices(stream: Stream, messages: pa.RecordBatch) -> Iterator[pa.BooleanArray | None]:
    """All rows (None), then ever stricter choices; each costs time and is made only when the last did not read."""
    yield None
    tidy = tidy_rows(stream, messages.column("value"))
    yield tidy
    yield pc.and_(tidy, _no_key_twice(stream, messages.column("value")))


def _no_key_twice(stream: Stream, values: pa.BinaryArray) -> pa.BooleanArray:
    single = pa.array(np.ones(len(values), dtype=bool))
    for name in json_schema(stream).names:
        counts = pc.count_substring(values, f'"{name}"')
        single = pc.and_(single, pc.less_equal(pc.fill_null(counts, 0), 1))
    return single


def _parse_block(stream: Stream, values: pa.BinaryArray) -> pa.Table | None:
    """One row per message, or None where that is not certain."""
    block = flat_objects(values)
    if block is None:
        return None
    try:
        parsed = pj.read_json(
            pa.BufferReader(block),
            read_options=pj.ReadOptions(use_threads=False, block_size=len(block) + 1),
            parse_options=pj.ParseOptions(
                explicit_schema=json_schema(stream), unexpected_field_behavior="infer"),
        )
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError):
        return None
    if parsed.num_rows != len(values) or not _extras_are_plain(stream, parsed):
        return None
    return parsed.combine_chunks()


def _extras_are_plain(stream: Stream, parsed: pa.Table) -> bool:
    """Whether undeclared fields hold no list, whose depth nobody checked, and no NaN or Infinity, which the
    reader lets pass and JSON does not know; and none of them is a field that may be missing in the wrong case."""
    declared = set(json_schema(stream).names)
    extras = [name for name in parsed.column_names if name not in declared]
    may_miss = {name.lower() for field in stream.fields if not field.required for name in field.names}
    if any(pa.types.is_nested(parsed[name].type) or name.lower() in may_miss for name in extras):
        return False
    floats = [parsed[name] for name in extras if pa.types.is_floating(parsed[name].type)]
    return all(pc.all(pc.is_finite(column)).as_py() is not False for column in floats)


def _fits(
    stream: Stream, parsed: pa.Table, messages: pa.RecordBatch, rules: TimeRules
) -> pa.ChunkedArray:
    """True where every rule holds; anything else, null in a required field included, is False."""
    plain = plain_decimals(stream, messages.column("value"))
    good = pa.scalar(True) if plain is None else plain
    for field in stream.all_fields:
        column = _column(field, parsed)
        fits = _FITS[field.kind](field, column, messages, rules)
        good = pc.and_(good, fits if field.required else pc.or_kleene(pc.is_null(column), fits))
        for name in field.also:
            good = pc.and_(good, pc.or_(pc.is_null(parsed[name]), pc.is_null(parsed[field.name])))
    return pc.fill_null(good, False)


def _column(field: Field, parsed: pa.Table) -> pa.ChunkedArray:
    """A field's values under whichever of its names they were sent."""
    columns = [parsed[name] for name in field.names]
    return pc.coalesce(*columns) if field.also else columns[0]


def _number_fits(field: Field, column: pa.ChunkedArray, *_: object) -> pa.ChunkedArray:
    return pc.and_(pc.greater_equal(column, field.low), pc.less_equal(column, field.high))


def _decimal_fits(field: Field, column: pa.ChunkedArray, *_: object) -> pa.ChunkedArray:
    """As `judge` does it: the double nearest to a decimal of so many digits, unless it was read as a decimal."""
    if field.text:
        low, high = (pa.scalar(Decimal(bound)) for bound in (field.low, field.high))
        return pc.and_(pc.greater_equal(column, low), pc.less_equal(column, high))
    nearest = pc.divide(_steps(field, column), float(10**field.decimals))
    return pc.and_(_number_fits(field, column), pc.equal(nearest, column))


def _steps(field: Field, column: pa.ChunkedArray) -> pa.ChunkedArray:
    """How many of its smallest steps a DECIMAL is, as a whole double."""
    return pc.round(pc.multiply(column, float(10**field.decimals)), round_mode="half_to_even")


def _identifier_fits(field: Field, column: pa.ChunkedArray, *_: object) -> pa.ChunkedArray:
    if field.name == EVENT_ID:
        return many_texts_fit(column)
    return few_texts_fit(column)


def _time_fits(
    field: Field, seconds: pa.ChunkedArray, messages: pa.RecordBatch, rules: TimeRules
) -> pa.ChunkedArray:
    appended = messages.column("timestamp")
    micros = _microseconds(seconds)
    ingest = pc.cast(pc.cast(appended, pa.int64()), pa.float64())
    good = pc.and_(
        pc.greater(micros, 0.0), pc.less_equal(micros, pc.add(ingest, float(rules.max_ahead_s * MICROSECONDS))))
    if rules.max_age_s is None:
        return good
    oldest = pc.subtract(ingest, float(rules.max_age_s * MICROSECONDS))
    return pc.and_(good, pc.greater_equal(micros, oldest))


def _microseconds(seconds: pa.ChunkedArray) -> pa.ChunkedArray:
    """As `judge` does it: IEEE double × 10^6, floored. Doubles hold whole numbers to 2^53: the year 2255."""
    return pc.floor(pc.multiply(seconds, float(MICROSECONDS)))


_FITS: dict[Kind, Callable[..., pa.ChunkedArray]] = {
    Kind.TIME: _time_fits,
    Kind.IDENTIFIER: _identifier_fits,
    Kind.INTEGER: _number_fits,
    Kind.DECIMAL: _decimal_fits,
}


def _accept(stream: Stream, parsed: pa.Table, messages: pa.RecordBatch) -> pa.Table:
    schema = event_schema(stream)
    columns = {field.name: _held(field, _column(field, parsed), messages) for field in stream.all_fields}
    for name, kafka_name in _KAFKA_COLUMNS.items():
        columns[name] = messages.column(kafka_name)
    return pa.table({name: columns[name] for name in schema.names}).cast(schema)


def _held(field: Field, column: pa.ChunkedArray, messages: pa.RecordBatch) -> pa.ChunkedArray:
    """A column as the archive holds it, with what missing values count as."""
    if field.kind is Kind.TIME:
        times = pc.cast(pc.cast(_microseconds(column), pa.int64()), UTC_MICROS)
        return times if field.required else pc.coalesce(times, messages.column("timestamp"))
    if field.kind is Kind.DECIMAL:
        return pc.cast(column, archive_type(field)) if field.text else _exact(field, column)
    return column if field.default is None else pc.fill_null(column, field.default)


def _exact(field: Field, column: pa.ChunkedArray) -> pa.Array:
    """A DECIMAL's doubles as decimals: their whole steps, with the point moved by relabelling the same bits."""
    kind = archive_type(field)
    steps = pc.cast(pc.cast(_steps(field, column), pa.int64()), pa.decimal128(19, 0)).combine_chunks()
    return pa.Array.from_buffers(kind, len(steps), steps.buffers(), offset=steps.offset)


_KAFKA_COLUMNS = {"topic": "topic", "partition": "partition", "offset": "offset", "ingest_time": "timestamp"}


def _judge_each(
    stream: Stream, messages: pa.RecordBatch, rules: TimeRules
) -> tuple[pa.Table, list[Rejected]]:
    events: list[Event] = []
    rejected: list[Rejected] = []
    appended = pc.cast(messages.column("timestamp"), pa.int64()).to_pylist()
    places = zip(*(messages.column(name).to_pylist() for name in ("topic", "partition", "offset")), strict=True)
    raws = messages.column("value").to_pylist()
    for raw, place, ingest_us in zip(raws, places, appended, strict=True):
        position = Position(*place)
        found = judge(stream, raw, position, ingest_us, rules)
        if isinstance(found, Event):
            events.append(found)
        else:
            rejected.append(Rejected(position, ingest_us, raw, found))
    return events_table(stream, events), rejected


def events_table(stream: Stream, events: list[Event]) -> pa.Table:
    """Events in the archive's columns."""
    rows = [
        {
            **event.values,
            stream.time_field.name: event.time_us,
            EVENT_ID: event.event_id,
            "topic": event.position.topic,
            "partition": event.position.partition,
            "offset": event.position.offset,
            "ingest_time": event.ingest_us,
        }
        for event in events
    ]
    return pa.Table.from_pylist(rows, schema=event_schema(stream))
