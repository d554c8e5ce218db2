"""The job as Spark's guide leads one to write it: a query for each sum, a watermark, JDBC append, a Parquet sink.

Four streaming queries read the topic, each by itself: three sum bytes by window of five minutes, for users, apps and
antennas, and append what is closed to PostgreSQL; one writes all events as Parquet by hour. Nothing of the product is
in it, and nothing is set that the guide does not set; only the number of shuffle partitions is the caller's.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import psycopg2
import pyarrow.compute as pc
import pyarrow.dataset as ds
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F
from pyspark.sql.streaming import StreamingQuery

from benchmarks.bench import WrongAnswer, timed
from benchmarks.draining import EVENT_DDL
from benchmarks.jdbc import jdbc_options
from benchmarks.load import Load
from metering.arrow.schemas import UTC_MICROS
from metering.settings import KafkaSettings

SUMS = {"user_total_bytes": "id", "app_total_bytes": "app", "antenna_total_bytes": "antenna_id"}
_MAKE = """
CREATE TABLE IF NOT EXISTS demo_bytes (timestamp timestamptz NOT NULL, id text NOT NULL, value bigint, type text);
TRUNCATE demo_bytes
"""
_CLOSED = "SELECT type, sum(value), max(timestamp) + INTERVAL '5 minutes' FROM demo_bytes GROUP BY type"


@dataclass(frozen=True)
class UsualDemo:
    """The demo on a topic, with so many shuffle partitions; each turn starts from nothing."""

    session: SparkSession
    kafka: KafkaSettings
    database_url: str
    load: Load
    shuffle_partitions: int

    def run(self) -> float:
        """Seconds until all four queries have done what is in the topic; rows and files are checked."""
        with closing(psycopg2.connect(self.database_url)) as connection, connection, connection.cursor() as cursor:
            cursor.execute(_MAKE)
        own = self.session.newSession()
        own.conf.set("spark.sql.shuffle.partitions", str(self.shuffle_partitions))
        with TemporaryDirectory() as folder:
            seconds = timed(lambda: _await_all(self._start(own, Path(folder))))
            self._check(Path(folder) / "events")
        return seconds

    def _start(self, session: SparkSession, folder: Path) -> list[StreamingQuery]:
        queries = [self._sums(session, type_, column, folder) for type_, column in SUMS.items()]
        return [*queries, self._files(session, folder)]

    def _events(self, session: SparkSession) -> DataFrame:
        return (
            session.readStream.format("kafka")
            .option("kafka.bootstrap.servers", self.kafka.bootstrap_servers)
            .option("subscribe", self.load.topic)
            .option("startingOffsets", "earliest")
            .load()
            .select(F.from_json(F.col("value").cast("string"), EVENT_DDL).alias("event"))
            .select("event.*")
            .withColumn("timestamp", F.col("timestamp").cast("timestamp"))
        )

    def _sums(self, session: SparkSession, type_: str, column: str, folder: Path) -> StreamingQuery:
        sums = (
            self._events(session)
            .withWatermark("timestamp", "10 minutes")
            .groupBy(F.window("timestamp", "5 minutes"), F.col(column).alias("key"))
            .agg(F.sum("bytes").alias("value"))
            .select(F.col("window.start").alias("timestamp"), F.col("key").alias("id"), "value",
                    F.lit(type_).alias("type"))
        )
        writer = sums.writeStream.foreachBatch(_append_to(jdbc_options(self.database_url))).outputMode("append")
        return writer.option("checkpointLocation", str(folder / type_)).trigger(availableNow=True).start()

    def _files(self, session: SparkSession, folder: Path) -> StreamingQuery:
        events = self._events(session).withColumn("hour", F.date_format("timestamp", "yyyy-MM-dd-HH"))
        writer = events.writeStream.format("parquet").partitionBy("hour").option("path", str(folder / "events"))
        return writer.option("checkpointLocation", str(folder / "files")).trigger(availableNow=True).start()

    def _check(self, folder: Path) -> None:
        """All events are in the files; each type's rows hold what the files hold of the windows that were closed."""
        files = ds.dataset(folder, format="parquet", exclude_invalid_files=False, partitioning="hive")
        events = files.to_table(columns=["timestamp", "bytes"])
        self.load.check("the usual demo's files", int(pc.sum(events["bytes"]).as_py()))
        with closing(psycopg2.connect(self.database_url)) as connection, connection.cursor() as cursor:
            cursor.execute("SET TIME ZONE 'UTC'")
            cursor.execute(_CLOSED)
            rows = cursor.fetchall()
        for type_, value, end in rows:
            closed = events.filter(pc.less(events["timestamp"].cast(UTC_MICROS), end))
            if value != pc.sum(closed["bytes"]).as_py():
                raise WrongAnswer(f"the usual demo's {type_} hold {value} up to {end}")
        if {type_ for type_, *_ in rows} != set(SUMS):
            raise WrongAnswer(f"the usual demo wrote only {rows}")


def _append_to(options: Mapping[str, str]) -> Callable[[DataFrame, int], None]:
    def append(frame: DataFrame, _: int) -> None:
        frame.write.format("jdbc").options(**options, dbtable="demo_bytes").mode("append").save()

    return append


def _await_all(queries: list[StreamingQuery]) -> None:
    for query in queries:
        query.awaitTermination()
