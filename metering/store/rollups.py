"""The SQL of a rollup's tables, made from its declaration."""

from __future__ import annotations

import io
from collections.abc import Sequence

import pyarrow as pa
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
    parts = {
        "incoming": sql.Identifier(incoming),
        "columns": identifiers(rows.column_names),
        "table": sql.Identifier(table),
    }
    cursor.execute(statement("speed/make_incoming", **parts))
    text = io.BytesIO()
    pacsv.write_csv(rows, text, pacsv.WriteOptions(include_header=False))
    text.seek(0)
    del parts["table"]
    cursor.copy_expert(statement("speed/copy_incoming", **parts), text)


def add_sums(cursor: Cursor, rollup: Rollup, partials: pa.Table, generation: int) -> None:
    """Add partial sums to the realtime table under `generation`. Repeating it adds again: the offsets guard it."""
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
