"""Partial sums of events, and their merge: one small table per rollup, in the rollup's own columns."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from metering.arrow.key_numbers import numbered
from metering.arrow.schemas import UTC_MICROS
from metering.domain.rollup import HOUR_S, MICROSECONDS, Cut, Measure, MeasureKind, Rollup
from metering.domain.stream import Stream

DIGITS = 38
"""Sums leave 64 bits behind before they can wrap: 2^20 rows of at most 2^42 fit, and no block is larger."""

_ROWS_AT_ONCE = 2**20

_MERGE = {MeasureKind.SUM: "sum", MeasureKind.COUNT: "sum", MeasureKind.MAX: "max"}

_NUMBER = "number of the key"
"""No column of a stream is called so: names of fields have no spaces."""

_NOTHING_IS_ZERO = pc.ScalarAggregateOptions(min_count=0)


def measure_type(measure: Measure) -> pa.DataType:
    """The exact type of a measure's column."""
    return UTC_MICROS if measure.kind is MeasureKind.MAX_TIME else pa.decimal128(DIGITS, measure.decimals)


def partial_schema(rollup: Rollup) -> pa.Schema:
    """The key's columns in order, then the measures, exact; a maximum and its time may be null."""
    key = [
        pa.field(column, UTC_MICROS if column == rollup.window_column else pa.string(), nullable=False)
        for column in rollup.key
    ]
    measures = [
        pa.field(measure.column, measure_type(measure), nullable=not measure.is_additive)
        for measure in rollup.measures
    ]
    return pa.schema([*key, *measures])


def partial_sums(
    stream: Stream, rollup: Rollup, events: pa.Table, window_s: int | None = None
) -> pa.Table:
    """Sums of `events` (archive columns) by every cut of the rollup; `window_s` overrides its window."""
    width_s = window_s or rollup.window_s
    parts = [
        _sum_cut(stream, rollup, cut, block, windows)
        for start in range(0, events.num_rows, _ROWS_AT_ONCE)
        for block in (events.slice(start, _ROWS_AT_ONCE),)
        for windows in (window_starts(block[stream.time_field.name], width_s).combine_chunks().dictionary_encode(),)
        for cut in rollup.cuts
    ]
    if len(parts) <= len(rollup.cuts):
        return pa.concat_tables(parts) if parts else partial_schema(rollup).empty_table()
    return merge_partials(rollup, parts)


def merge_partials(rollup: Rollup, parts: Sequence[pa.Table]) -> pa.Table:
    """One table of many, each key once."""
    if not parts:
        return partial_schema(rollup).empty_table()
    return _merge(rollup, list(rollup.key), pa.concat_tables(parts)).cast(partial_schema(rollup))


def by_hour(rollup: Rollup, parts: Sequence[pa.Table]) -> pa.Table:
    """Partial sums by window as sums by hour. A window lies within an hour."""
    rows = pa.concat_tables([partial_schema(rollup).empty_table(), *parts])
    place = rows.column_names.index(rollup.window_column)
    hours = window_starts(rows[rollup.window_column], HOUR_S)
    return merge_partials(rollup, [rows.set_column(place, rollup.window_column, hours)])


def window_starts(times: pa.ChunkedArray, window_s: int) -> pa.ChunkedArray:
    """Start of each time's half-open UTC window."""
    micros = pc.cast(times, pa.int64())
    width = window_s * MICROSECONDS
    return pc.cast(pc.multiply(pc.divide(micros, width), width), UTC_MICROS)


def _sum_cut(
    stream: Stream, rollup: Rollup, cut: Cut, events: pa.Table, windows: pa.DictionaryArray
) -> pa.Table:
    """`windows`: the start of each event's."""
    key = {rollup.window_column: pa.chunked_array([windows])}
    key |= {column: events[name] for column, name in cut.takes.items()}
    merged = _grouped(rollup, key, {measure.column: _lift(stream, measure, events) for measure in rollup.measures})
    for column, text in cut.constants.items():
        merged = merged.append_column(column, pa.repeat(text, merged.num_rows))
    schema = partial_schema(rollup)
    return merged.select(schema.names).cast(schema)


def _grouped(
    rollup: Rollup, key: Mapping[str, pa.ChunkedArray], lifted: Mapping[str, pa.ChunkedArray]
) -> pa.Table:
    """The events of each key as one row."""
    numbers = numbered(key)
    if numbers is None:
        key = {name: _plain(column) for name, column in key.items()}
        return _merge(rollup, list(key), pa.table({**key, **lifted}))
    merged = _merge(rollup, [_NUMBER], pa.table({_NUMBER: numbers.numbers, **lifted}))
    return pa.table({**numbers.columns_of(merged[_NUMBER]), **{name: merged[name] for name in lifted}})


def _plain(column: pa.ChunkedArray) -> pa.ChunkedArray:
    return column.cast(column.type.value_type) if pa.types.is_dictionary(column.type) else column


def _lift(stream: Stream, measure: Measure, events: pa.Table) -> pa.ChunkedArray:
    """What each event adds to a measure; null where it lacks a field that the measure needs."""
    if measure.kind is MeasureKind.COUNT:
        lifted = pa.chunked_array([pa.repeat(1, events.num_rows)])
    elif measure.kind is MeasureKind.MAX_TIME:
        lifted = events[stream.time_field.name]
    else:
        lifted = events[str(measure.of)]
    if measure.weight:
        lifted = pc.multiply(_decimal(lifted), _decimal(events[measure.weight]))
    for name in measure.fields:
        if events[name].null_count:
            lifted = pc.if_else(pc.is_valid(events[name]), lifted, None)
    return lifted


def _decimal(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """Whole numbers as decimals, whose products cannot wrap."""
    return pc.cast(column, pa.decimal128(19, 0)) if pa.types.is_integer(column.type) else column


def _merge(rollup: Rollup, key: list[str], rows: pa.Table) -> pa.Table:
    """The rows of each key as one: `key` columns, then the measures, in their order."""
    kept: dict[str, pa.ChunkedArray] = {}
    aggregates: list[tuple[str, str, pc.FunctionOptions | None]] = []
    for measure in rollup.measures:
        if measure.kind is MeasureKind.MAX_TIME:
            order, ranks = _ranked(rows, rollup.maximum_of(measure).column, measure.column)
            kept[measure.column] = rows[measure.column].take(order)
            rows = rows.append_column(f"rank {measure.column}", ranks)
            aggregates.append((f"rank {measure.column}", "min", None))
        else:
            aggregates.append((measure.column, _MERGE[measure.kind], _options(measure)))
    merged = rows.group_by(key, use_threads=False).aggregate(aggregates)
    merged = merged.rename_columns([*key, *(measure.column for measure in rollup.measures)])
    for column, times in kept.items():
        merged = merged.set_column(merged.column_names.index(column), column, times.take(merged[column]))
    return merged


def _options(measure: Measure) -> pc.FunctionOptions | None:
    return _NOTHING_IS_ZERO if measure.is_additive else None


def _ranked(rows: pa.Table, maximum: str, time: str) -> tuple[pa.Array, pa.Array]:
    """The order of rows by maximum, greatest first, unknown last, the earlier before the later; each row's rank."""
    order = pc.sort_indices(rows, sort_keys=[(maximum, "descending"), (time, "ascending")])
    ranks = np.empty(rows.num_rows, dtype=np.int64)
    ranks[order.to_numpy()] = np.arange(rows.num_rows)
    return order, pa.array(ranks)
