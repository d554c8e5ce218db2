"""The SQL of a rollup's tables, made from its declaration."""

from __future__ import annotations

import io
from collections.abc import Sequence

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pacsv
from psycopg2 import sql
from psycopg2.extensions import cursor as Cursor

from metering.domain.rollup import Measure, MeasureKind, Rollup
from metering.sql import statement

_ADD = sql.SQL("{column} = {table}.{column} + EXCLUDED.{column}")
_MERGE = {
    MeasureKind.SUM: _ADD,
    MeasureKind.COUNT: _ADD,
    # GREATEST and LEAST pass over nulls, which here are the unknown.
    MeasureKind.MAX: sql.SQL("{column} = GREATEST({table}.{column}, EXCLUDED.{column})"),
    MeasureKind.MAX_TIME: sql.SQL(
        "{column} = CASE"
        " WHEN {table}.{maximum} IS NULL OR EXCLUDED.{maximum} > {table}.{maximum} THEN EXCLUDED.{column}"
        " WHEN EXCLUDED.{maximum} = {table}.{maximum} THEN LEAST({table}.{column}, EXCLUDED.{column})"
        " ELSE {table}.{column} END"),
}


UTC_MICROS = pa.timestamp("us", tz="UTC")


def exact_type(measure: Measure) -> pa.DataType:
    """What a measure's sums travel as between Python and a table: every digit."""
    return pa.decimal128(38, measure.decimals)


def identifiers(names: Sequence[str]) -> sql.Composed:
    return sql.SQL(", ").join(sql.Identifier(name) for name in names)


def copy_rows(cursor: Cursor, table: str, incoming: str, rows: pa.Table) -> None:
    """COPY `rows` (columns of `table`, by name) into the temporary table `incoming`, which ends with the commit."""
    cursor.execute(statement(
        "speed/make_incoming", incoming=sql.Identifier(incoming), columns=identifiers(rows.column_names),
        table=sql.Identifier(table)))
    _copy(cursor, incoming, rows)


def _copy(cursor: Cursor, table: str, rows: pa.Table) -> None:
    text = io.BytesIO()
    pacsv.write_csv(_with_spelled_times(rows), text, pacsv.WriteOptions(include_header=False))
    text.seek(0)
    into = statement("speed/copy_into", table=sql.Identifier(table), columns=identifiers(rows.column_names))
    cursor.copy_expert(into, text)


def _with_spelled_times(rows: pa.Table) -> pa.Table:
    """The same table with its UTC times as text: Arrow looks up the zone for each value it spells, UTC too."""
    for place, column in enumerate(rows.columns):
        if pa.types.is_timestamp(column.type) and column.type.tz == "UTC":
            plain = column.cast(pa.timestamp(column.type.unit)).cast(pa.string())
            rows = rows.set_column(place, rows.column_names[place], pc.binary_join_element_wise(plain, "Z", ""))
    return rows


def add_sums(cursor: Cursor, rollup: Rollup, partials: pa.Table, generation: int) -> None:
    """Add partial sums to the realtime table under `generation`. Repeating it adds again: the offsets guard it.

    Sums of windows without a row are copied straight in, at half the cost; nearly all are, when a slice catches up.
    """
    known, fresh = _by_window(cursor, rollup, partials, generation)
    if fresh.num_rows:
        _copy(cursor, rollup.realtime, fresh.append_column("generation", pa.repeat(generation, fresh.num_rows)))
    if known.num_rows:
        _add_to_known(cursor, rollup, known, generation)


def _by_window(cursor: Cursor, rollup: Rollup, partials: pa.Table, generation: int) -> tuple[pa.Table, pa.Table]:
    """The sums of windows that have a row under `generation`, and the others. Only the topic's one job adds rows."""
    prefix = list(rollup.key[: rollup.key.index(rollup.window_column) + 1])
    windows = partials.group_by(prefix).aggregate([])
    held = _held(cursor, rollup, windows, generation)
    if held.num_rows == windows.num_rows:
        return partials, partials.slice(0, 0)
    if not held.num_rows:
        return partials.slice(0, 0), partials
    known, fresh = (partials.join(held, prefix, join_type=f"left {kind}") for kind in ("semi", "anti"))
    return known, fresh


def _held(cursor: Cursor, rollup: Rollup, windows: pa.Table, generation: int) -> pa.Table:
    """Those of the windows, by the key's columns up to the window's own, that have a row."""
    columns = windows.column_names
    types = {column: "timestamptz" if column == rollup.window_column else "text" for column in columns}
    asked = [sql.SQL(f"{{}}::{of_type}[]").format(sql.Placeholder(column)) for column, of_type in types.items()]
    same = [sql.SQL("held.{0} = asked.{0}").format(sql.Identifier(column)) for column in columns]
    known = statement(
        "speed/known_windows", table=sql.Identifier(rollup.realtime), prefix=identifiers(columns),
        asked=sql.SQL(", ").join(asked), same=sql.SQL(" AND ").join(same))
    cursor.execute(known, {**windows.to_pydict(), "generation": generation})
    return pa.Table.from_pylist([dict(zip(columns, row, strict=True)) for row in cursor.fetchall()], windows.schema)


def _add_to_known(cursor: Cursor, rollup: Rollup, partials: pa.Table, generation: int) -> None:
    incoming = f"incoming_{rollup.realtime}"
    copy_rows(cursor, rollup.realtime, incoming, partials)
    table = sql.Identifier(rollup.realtime)
    merged = sql.SQL(", ").join(_merged(rollup, measure, table) for measure in rollup.measures)
    add = statement(
        "speed/add_sums", table=table, incoming=sql.Identifier(incoming), columns=identifiers(rollup.columns),
        key=identifiers(rollup.key), merged=merged)
    cursor.execute(add, {"generation": generation})


def _merged(rollup: Rollup, measure: Measure, table: sql.Identifier) -> sql.Composed:
    maximum = rollup.maximum_of(measure).column if measure.kind is MeasureKind.MAX_TIME else measure.column
    return _MERGE[measure.kind].format(
        column=sql.Identifier(measure.column), table=table, maximum=sql.Identifier(maximum))
