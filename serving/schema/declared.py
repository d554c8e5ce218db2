"""The tables and views of a rollup, as SQL made from its declaration.

A migration runs the text as it was when it was made, from a file in `sql`: `python -m serving schema STREAM` prints
it for a new stream.
"""

from __future__ import annotations

from collections.abc import Iterable

from metering.domain.rollup import Measure, MeasureKind, Rollup
from metering.domain.stream import Stream

_TABLE = """CREATE TABLE {table} (
    {columns},
    PRIMARY KEY ({key})
){options};
"""

_REALTIME_HOUR = """-- The hours that have realtime rows. Steps through the key from hour to hour, as every page asks.
CREATE VIEW {name}_realtime_hour AS
WITH RECURSIVE step AS (
    (SELECT {prefix} FROM {realtime} ORDER BY {prefix} LIMIT 1)
    UNION ALL
    SELECT following.*
    FROM step
    CROSS JOIN LATERAL (
        SELECT {prefix}
        FROM {realtime}
        WHERE ({prefix}) >= (
            {reached}, date_bin(INTERVAL '1 hour', step.{window}, TIMESTAMPTZ 'epoch') + INTERVAL '1 hour'
        )
        ORDER BY {prefix}
        LIMIT 1
    ) AS following
)
SELECT DISTINCT date_bin(INTERVAL '1 hour', {window}, TIMESTAMPTZ 'epoch') AS hour
FROM step;
"""

_HOUR_OF = "date_bin(INTERVAL '1 hour', {}, TIMESTAMPTZ 'epoch') AS {}"

_BATCH_SPAN = """-- The spans of time that the batch tables serve alone: all of it but the hours with realtime rows.
CREATE VIEW {name}_batch_span AS
WITH known AS (
    SELECT
        (
            SELECT coalesce(range_agg(tstzrange(hour, hour + INTERVAL '1 hour')), '{{}}')
            FROM {name}_realtime_hour
        ) AS live,
        (
            SELECT coalesce(range_agg(tstzrange(span_start, span_end)), '{{}}')
            FROM final_span
            WHERE topic = '{topic}'
        ) AS final
)
SELECT coalesce(lower(span), '-infinity') AS span_start, coalesce(upper(span), 'infinity') AS span_end, provisional
FROM (
    SELECT unnest(final - live) AS span, FALSE AS provisional FROM known
    UNION ALL
    SELECT unnest('{{(,)}}'::TSTZMULTIRANGE - final - live) AS span, TRUE AS provisional FROM known
) AS cut;
"""

_MERGED = """-- Batch + realtime{by_hour}. Only the hours that have realtime rows are added up.
CREATE VIEW {view} AS
SELECT {batch_columns}, s.provisional
FROM {name}_batch_span AS s
INNER JOIN {batch} AS b ON b.{column} >= s.span_start AND b.{column} < s.span_end
UNION ALL
SELECT
    {merged},
    TRUE AS provisional
FROM (
    SELECT {realtime_columns} FROM {realtime}
    UNION ALL
    SELECT {batch_columns}
    FROM {name}_realtime_hour AS r
    INNER JOIN {batch} AS b ON b.{column} >= r.hour AND b.{column} < r.hour + INTERVAL '1 hour'
) AS part
GROUP BY {grouped};
"""


def rollup_sql(stream: Stream, rollup: Rollup) -> str:
    """Every table and view of a rollup of `stream`: realtime, batch, merged, and by hour where it is declared."""
    key = ", ".join(rollup.key)
    parts = [
        _table(rollup, rollup.realtime, rollup.window_column, f"generation, {key}", generation=True),
        _table(rollup, rollup.batch, rollup.window_column, key),
        _index(rollup, rollup.batch, rollup.window_column),
    ]
    if rollup.hourly_batch:
        hourly_key = ", ".join(_hourly(rollup, rollup.key))
        parts.append(_table(rollup, rollup.hourly_batch, rollup.hour_column, hourly_key))
        parts.append(_index(rollup, rollup.hourly_batch, rollup.hour_column))
    before_window = ("generation", *rollup.key[: rollup.key.index(rollup.window_column)])
    parts.append(_REALTIME_HOUR.format(
        name=rollup.name, window=rollup.window_column, realtime=rollup.realtime,
        prefix=", ".join((*before_window, rollup.window_column)),
        reached=", ".join(f"step.{column}" for column in before_window)))
    parts.append(_BATCH_SPAN.format(name=rollup.name, topic=stream.topic))
    parts.append(_merged(rollup, rollup.merged, rollup.batch, rollup.window_column))
    if rollup.hourly_batch and rollup.hourly_merged:
        parts.append(_merged(rollup, rollup.hourly_merged, rollup.hourly_batch, rollup.hour_column))
    return "\n".join(parts)


def _hourly(rollup: Rollup, columns: Iterable[str]) -> list[str]:
    return [rollup.hour_column if column == rollup.window_column else column for column in columns]


def _table(rollup: Rollup, table: str, window: str, key: str, *, generation: bool = False) -> str:
    columns = [f"{column} text NOT NULL" for column in rollup.dimensions]
    columns.append(f"{window} timestamptz NOT NULL")
    columns += [f"{measure.column} {_type(measure)}" for measure in rollup.measures]
    # Room on each page for all its rows again, so that a slice that adds to each stays within it (heap-only updates).
    options = " WITH (fillfactor = 45)" if generation else ""
    columns += ["generation bigint NOT NULL"] if generation else []
    return _TABLE.format(table=table, columns=",\n    ".join(columns), key=key, options=options)


def _type(measure: Measure) -> str:
    if measure.kind is MeasureKind.MAX_TIME:
        return "timestamptz"
    if measure.kind is MeasureKind.COUNT:
        return "bigint NOT NULL DEFAULT 0"
    exact = f"numeric(38, {measure.decimals})" if measure.decimals else "numeric"
    return f"{exact} NOT NULL DEFAULT 0" if measure.is_additive else exact


def _index(rollup: Rollup, table: str, window: str) -> str:
    return f"CREATE INDEX {table}_by_key ON {table} ({', '.join((*rollup.dimensions, window))});\n"


def _merged(rollup: Rollup, view: str, batch: str, window: str) -> str:
    measures = [measure.column for measure in rollup.measures]
    by_hour = window == rollup.hour_column and batch == rollup.hourly_batch
    start = _HOUR_OF.format(rollup.window_column, window) if by_hour else window
    key = [*rollup.dimensions, window]
    return _MERGED.format(
        view=view, name=rollup.name, batch=batch, column=window, realtime=rollup.realtime,
        by_hour=" by hour" if by_hour else "",
        batch_columns=", ".join(f"b.{column}" for column in (*key, *measures)),
        realtime_columns=", ".join((*rollup.dimensions, start, *measures)),
        merged=",\n    ".join([*(f"part.{column}" for column in key), *(_merge(rollup, m) for m in rollup.measures)]),
        grouped=", ".join(f"part.{column}" for column in key))


def _merge(rollup: Rollup, measure: Measure) -> str:
    column = f"part.{measure.column}"
    if measure.kind is MeasureKind.MAX_TIME:
        maximum = f"part.{rollup.maximum_of(measure).column}"
        return f"(array_agg({column} ORDER BY {maximum} DESC NULLS LAST, {column}))[1] AS {measure.column}"
    merge = {
        MeasureKind.SUM: "sum({})", MeasureKind.COUNT: "sum({})::bigint", MeasureKind.MAX: "max({})",
    }[measure.kind]  # fmt: skip
    return f"{merge.format(column)} AS {measure.column}"
