"""DuckDB counting the same files: `python -m benchmarks.duck INTO FILE …` does it once in a process of its own.

Of the ways to choose the first of each identity by arrival that were tried (`row_number`, `arg_min`, this one), this
one took the least: only identities that occur twice are put in order.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from metering.streams.devices import ANTENNA, APP, USER

THREADS = 2

_DISTINCT = """
CREATE OR REPLACE TEMP TABLE firsts AS
WITH rows AS (
    SELECT "timestamp", id, antenna_id, app, bytes, event_id, ingest_time, "partition", "offset",
           date_trunc('hour', "timestamp") AS hour
    FROM read_parquet($1)
), several AS (
    SELECT hour, event_id FROM rows GROUP BY ALL HAVING count(*) > 1
), ordered AS (
    SELECT *, row_number() OVER (PARTITION BY hour, event_id ORDER BY ingest_time, "partition", "offset") AS place
    FROM rows SEMI JOIN several USING (hour, event_id)
)
SELECT "timestamp", id, antenna_id, app, bytes FROM rows ANTI JOIN several USING (hour, event_id)
UNION ALL
SELECT "timestamp", id, antenna_id, app, bytes FROM ordered WHERE place = 1
"""
_WINDOWS = """
CREATE OR REPLACE TEMP TABLE windows AS
SELECT CASE WHEN grouping(id) = 0 THEN $1 WHEN grouping(app) = 0 THEN $2 ELSE $3 END AS type,
       time_bucket(INTERVAL 5 minutes, "timestamp") AS "timestamp", coalesce(id, app, antenna_id) AS id,
       sum(bytes) AS value
FROM firsts
GROUP BY GROUPING SETS (
    (time_bucket(INTERVAL 5 minutes, "timestamp"), id), (time_bucket(INTERVAL 5 minutes, "timestamp"), app),
    (time_bucket(INTERVAL 5 minutes, "timestamp"), antenna_id))
"""
_ROWS = 'SELECT type, "timestamp", id, value FROM windows'
_HOURS = """
SELECT type, date_trunc('hour', "timestamp") AS "timestamp", id, sum(value) AS value FROM windows GROUP BY ALL
"""


def connected() -> duckdb.DuckDBPyConnection:
    """A database in memory, in UTC, with as many threads as the batch layer has cores."""
    connection = duckdb.connect()
    connection.execute(f"SET threads = {THREADS}")
    connection.execute("SET TimeZone = 'UTC'")
    connection.execute("SET enable_progress_bar = false")
    connection.execute("SET preserve_insertion_order = false")
    return connection


def count(connection: duckdb.DuckDBPyConnection, files: Sequence[str]) -> tuple[pa.Table, pa.Table]:
    """Both views of the files: by five minutes and by hour, type, timestamp, id, value."""
    connection.execute(_DISTINCT, [list(files)])
    connection.execute(_WINDOWS, [USER, APP, ANTENNA])
    return connection.sql(_ROWS).to_arrow_table(), connection.sql(_HOURS).to_arrow_table()


if __name__ == "__main__":
    for name, view in zip(("windows", "hours"), count(connected(), sys.argv[2:]), strict=True):
        pq.write_table(view, f"{sys.argv[1]}-{name}.parquet")
