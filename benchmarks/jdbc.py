"""R7: our upsert of 30,000 sums beside what Spark has for it: a JDBC batch into a staging table, then a merge.

Half of a turn's keys are there from the turn before. Spark's side starts from a cached frame in two partitions, as a
shuffle would leave it, with the defaults of its writer; a third side sets what a careful reader of PostgreSQL's driver
would, `reWriteBatchedInserts` and a larger batch. All commit, and their sums are compared after every turn.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager
from itertools import count
from typing import Any
from urllib.parse import urlsplit

import pyarrow as pa
from psycopg2 import sql
from psycopg2.extensions import connection as Connection
from pyspark.sql import DataFrame, SparkSession

from benchmarks.bench import Figure, Found, Room, Side, ratios, take_turns, timed
from benchmarks.databases import fresh_database
from benchmarks.draining import spark
from benchmarks.sums import GENERATION, ROWS, Keyed, sums_of, value_of
from benchmarks.upsert import add
from metering.settings import set_process_environment
from metering.spark.jars import jars
from metering.store.connection import connect

DRIVER = "org.postgresql.Driver"
CAREFUL = {"reWriteBatchedInserts": "true", "batchsize": "10000"}
_MERGE = """
INSERT INTO {table} (generation, type, timestamp, id, value)
SELECT %(generation)s, type, timestamp, id, value FROM {staging}
ON CONFLICT (generation, type, timestamp, id) DO UPDATE SET value = {table}.value + EXCLUDED.value
"""


def measure(room: Room) -> Found:
    """Sums a second of the three ways."""
    with spark_with_jdbc(room) as session:
        url = fresh_database(room.settings.database_url)
        with closing(connect(url, "bench")) as connection:
            staged = [
                Side(name, "rows/s", _staged(session, url, Keyed(connection, table).make(), options))
                for name, table, options in (("jdbc", "by_jdbc", {}), ("careful jdbc", "by_careful_jdbc", CAREFUL))]
            taken = take_turns((Side("upsert", "rows/s", _ours(connection)), *staged), room)
    mine = taken["upsert"]
    return Found(taken, (
        Figure("R7", "upsert / Spark's JDBC batch and merge", ratios(mine, taken["jdbc"]), at_least=3.0),
        Figure("R7", "upsert / the same with rewritten batches", ratios(mine, taken["careful jdbc"])),
    ), {"rows": ROWS})


@contextmanager
def spark_with_jdbc(room: Room) -> Iterator[SparkSession]:
    """The product's session, in a JVM that knows PostgreSQL's driver too."""
    set_process_environment(PYSPARK_SUBMIT_ARGS=f"--driver-class-path {jars('jdbc')[0]} pyspark-shell")
    with spark(room) as session:
        yield session


def jdbc_options(database_url: str) -> dict[str, str]:
    """Spark's names for a database's address, user and password."""
    parts = urlsplit(database_url)
    return {
        "url": f"jdbc:postgresql://{parts.hostname}:{parts.port}{parts.path}", "driver": DRIVER,
        "user": parts.username or "", "password": parts.password or ""}


def _ours(connection: Connection) -> Callable[[], float]:
    return _turn(Keyed(connection), lambda sums: sums, lambda sums: add(connection, sums))


def _staged(session: SparkSession, url: str, table: Keyed, options: Mapping[str, str]) -> Callable[[], float]:
    staging = f"{table.name}_staging"
    with table.connection, table.connection.cursor() as cursor:
        cursor.execute(sql.SQL("CREATE TABLE {} AS SELECT type, timestamp, id, value FROM {} LIMIT 0").format(
            sql.Identifier(staging), sql.Identifier(table.name)))
    into = {**jdbc_options(url), **options, "dbtable": staging, "truncate": "true"}
    merge = sql.SQL(_MERGE).format(table=sql.Identifier(table.name), staging=sql.Identifier(staging))

    def work(frame: DataFrame) -> None:
        frame.write.format("jdbc").options(**into).mode("overwrite").save()
        with table.connection, table.connection.cursor() as cursor:
            cursor.execute(merge, {"generation": GENERATION})

    return _turn(table, lambda sums: _cached(session, sums), work)


def _cached(session: SparkSession, sums: pa.Table) -> DataFrame:
    frame = session.createDataFrame(sums).repartition(2).cache()
    frame.count()
    return frame


def _turn(table: Keyed, prepare: Callable[[pa.Table], Any], work: Callable[[Any], object]) -> Callable[[], float]:
    """Rows a second of the work on what was prepared before; all turns' sums are in the table afterwards."""
    turns = count()
    value = 0

    def turn() -> float:
        nonlocal value
        number = next(turns)
        sums = sums_of(number, windows=2, new_windows=1)
        prepared = prepare(sums)
        seconds = timed(lambda: work(prepared))
        value += value_of(sums)
        table.check(table.name, (number + 2) * ROWS // 2, value)
        return ROWS / seconds

    return turn
