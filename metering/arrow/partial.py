"""Partial sums of events, and their merge: one small table per rollup, in the rollup's own columns."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import pyarrow as pa
import pyarrow.compute as pc

from metering.arrow.schemas import UTC_MICROS
from metering.domain.rollup import MICROSECONDS, Cut, Measure, MeasureKind, Rollup
from metering.domain.stream import Stream

EXACT = pa.decimal128(38, 0)
"""Sums leave 64 bits behind before they can wrap: 2^20 rows of at most 2^42 fit, and no block is larger."""

_ROWS_AT_ONCE = 2**20

_LIFT: dict[MeasureKind, Callable[[Measure], tuple[object, str]]] = {
    MeasureKind.SUM: lambda measure: (measure.of, "sum"),
    MeasureKind.COUNT: lambda measure: ([], "count_all"),
}
_MERGE: dict[MeasureKind, str] = {MeasureKind.SUM: "sum", MeasureKind.COUNT: "sum"}


def partial_schema(rollup: Rollup) -> pa.Schema:
    """The key's columns in order, then the measures as exact decimals."""
    key = [
        pa.field(column, UTC_MICROS if column == rollup.window_column else pa.string(), nullable=False)
        for column in rollup.key
    ]
    return pa.schema([*key, *(pa.field(measure.column, EXACT, nullable=False) for measure in rollup.measures)])


def partial_sums(
    stream: Stream, rollup: Rollup, events: pa.Table, window_s: int | None = None
) -> pa.Table:
    """Sums of `events` (archive columns) by every cut of the rollup; `window_s` overrides its window."""
    width_s = window_s or rollup.window_s
    parts = [
        _sum_cut(stream, rollup, cut, block, width_s)
        for start in range(0, events.num_rows, _ROWS_AT_ONCE)
        for block in (events.slice(start, _ROWS_AT_ONCE),)
        for cut in rollup.cuts
    ]
    if len(parts) <= len(rollup.cuts):
        return pa.concat_tables(parts) if parts else partial_schema(rollup).empty_table()
    return merge_partials(rollup, parts)


def merge_partials(rollup: Rollup, parts: Sequence[pa.Table]) -> pa.Table:
    """One table of many, each key once."""
    if not parts:
        return partial_schema(rollup).empty_table()
    aggregates = [(measure.column, _MERGE[measure.kind]) for measure in rollup.measures]
    merged = pa.concat_tables(parts).group_by(list(rollup.key), use_threads=False).aggregate(aggregates)
    names = [*rollup.key, *(measure.column for measure in rollup.measures)]
    return merged.rename_columns(names).cast(partial_schema(rollup))


def window_starts(times: pa.ChunkedArray, window_s: int) -> pa.ChunkedArray:
    """Start of each time's half-open UTC window."""
    micros = pc.cast(times, pa.int64())
    width = window_s * MICROSECONDS
    return pc.cast(pc.multiply(pc.divide(micros, width), width), UTC_MICROS)


def _sum_cut(stream: Stream, rollup: Rollup, cut: Cut, events: pa.Table, window_s: int) -> pa.Table:
    starts = window_starts(events[stream.time_field.name], window_s)
    dimensions = list(cut.takes)
    fields = sorted({measure.of for measure in rollup.measures if measure.of})
    table = pa.table(
        [starts, *(events[cut.takes[column]] for column in dimensions), *(events[name] for name in fields)],
        names=["window", *(f"by {column}" for column in dimensions), *fields],
    )
    grouped = table.group_by(["window", *(f"by {column}" for column in dimensions)], use_threads=False)
    sums = grouped.aggregate([_LIFT[measure.kind](measure) for measure in rollup.measures])
    return _shape(rollup, cut, sums)


def _shape(rollup: Rollup, cut: Cut, sums: pa.Table) -> pa.Table:
    columns = {rollup.window_column: sums["window"]}
    columns |= {column: sums[f"by {column}"] for column in cut.takes}
    columns |= {column: pa.repeat(text, sums.num_rows) for column, text in cut.constants.items()}
    for position, measure in enumerate(rollup.measures):
        columns[measure.column] = sums.column(1 + len(cut.takes) + position)
    schema = partial_schema(rollup)
    return pa.table({name: columns[name] for name in schema.names}).cast(schema)
