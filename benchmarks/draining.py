"""Ways to drain a topic that benches compare: Spark doing nothing, Spark parsing, the whole speed layer."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from functools import cached_property
from tempfile import TemporaryDirectory

import psycopg2
from pyspark.sql import SparkSession
from pyspark.sql import functions as F
from pyspark.sql.streaming import StreamingQuery

from benchmarks.bench import Room, WrongAnswer, timed
from benchmarks.databases import copy_database, drop_database, fresh_database
from benchmarks.load import Load
from metering.clock import SystemClock
from metering.kafka.topics import beginning_offsets
from metering.settings import Settings
from metering.spark.kafka_source import read_topics
from metering.spark.session import start_session
from metering.streams import STREAMS
from speed_layer.job import Job

EVENT_DDL = "timestamp double, id string, antenna_id string, app string, bytes long, event_id string"


@dataclass
class Drain:
    """A topic to be drained again and again in one session. Our own way is checked after every turn."""

    settings: Settings
    session: SparkSession
    load: Load

    def nothing(self) -> float:
        """Seconds of Kafka → nothing: the engine's floor, F0."""
        return self._with_spark(parse=False)

    def from_json(self) -> float:
        """Seconds of Kafka → `from_json` → nothing: any Spark job that reads JSON, F1."""
        return self._with_spark(parse=True)

    def _with_spark(self, *, parse: bool) -> float:
        offsets = {self.load.topic: beginning_offsets(self.settings.kafka, self.load.topic)}
        frame = read_topics(self.session, self.settings.kafka, offsets, rows=self.settings.slice_rows)
        if parse:
            frame = frame.select(F.from_json(F.col("value").cast("string"), EVENT_DDL).alias("event")).select("event.*")
        with TemporaryDirectory(dir=self.settings.home) as scratch:
            writer = frame.writeStream.format("noop").option("checkpointLocation", scratch).trigger(availableNow=True)
            began = time.perf_counter()
            query = writer.start()
            query.awaitTermination()
            seconds = time.perf_counter() - began
            self._check_read(query)
        return seconds

    def _check_read(self, query: StreamingQuery) -> None:
        """Raise WrongAnswer unless the query's own offsets say that it read every record."""
        progress = query.lastProgress
        ends = json.loads(progress["sources"][0]["endOffset"]) if progress else {}
        read = sum(ends.get(self.load.topic, {}).values())
        if read != self.load.events:
            raise WrongAnswer(f"Spark read {read} of {self.load.events} records")

    def speed_layer(self, around: Callable[[Callable[[], object]], object] | None = None) -> float:
        """Seconds of our whole speed layer, archive and commits included, into a database of its own.

        `around` is given the work and has to do it: what it measures is its own affair.
        """
        with self._job() as (job, url):
            seconds = timed(lambda: around(job.run) if around else job.run())
            self.load.check("speed_layer", counted(url))
        return seconds

    @contextmanager
    def _job(self) -> Iterator[tuple[Job, str]]:
        url = copy_database(self.settings.database_url, self._empty)
        try:
            with TemporaryDirectory(dir=self.settings.home) as archive:
                mine = replace(self.settings, database_url=url, archive=archive)
                streams = {self.load.topic: STREAMS[self.load.topic]}
                yield Job(mine, streams, lambda: self.session, SystemClock(), drain=True), url
        finally:
            drop_database(self.settings.database_url, url)

    @cached_property
    def _empty(self) -> str:
        """A migrated database, to copy for each turn."""
        return fresh_database(self.settings.database_url)

    def rate(self, drain: Callable[[], float]) -> Callable[[], float]:
        """Events a second of a way."""
        return lambda: self.load.events / drain()


def counted(database_url: str) -> int:
    """What the database says all users moved."""
    with closing(psycopg2.connect(database_url)) as connection, connection.cursor() as cursor:
        cursor.execute("SELECT sum(value) FROM usage WHERE type = 'user_total_bytes'")
        row = cursor.fetchone()
    return int(row[0] or 0) if row else 0


@contextmanager
def spark(room: Room) -> Iterator[SparkSession]:
    """The product's own session, stopped at the end with its JVM."""
    session = start_session(room.settings, "bench")
    try:
        yield session
    finally:
        session.stop()
