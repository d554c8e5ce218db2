"""The streaming job: a query that starts from the ledger's offsets, ends at any fault, and starts again."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from pathlib import Path
from shutil import rmtree
from tempfile import mkdtemp

from psycopg2.extensions import connection as Connection
from pyspark.errors import StreamingQueryException
from pyspark.sql import SparkSession
from pyspark.sql.streaming import StreamingQuery

from metering.arrow.archive import Archive
from metering.clock import Clock
from metering.domain.errors import AnotherCopyRuns, ServiceAway
from metering.domain.stream import Stream, TimeRules
from metering.settings import Settings
from metering.spark.kafka_source import placed, read_topics
from metering.store.connection import connect
from metering.telemetry import Log
from speed_layer.examine import Examination
from speed_layer.faults import Restart, fault_of
from speed_layer.findings import SCHEMA_DDL
from speed_layer.slices import Progress, SliceWriter
from speed_layer.start import find_start
from speed_layer.writing import Writing

LOG = Log("speed_layer")
_LONGEST_PAUSE_S = 30.0
_STOP_WITHIN_S = 30.0
_OWN_LOCK_LINGERS_S = 90.0


@dataclass
class Job:
    """`drain`: commit what is in Kafka and stop. `stopping` is set by a signal.

    `start_spark` is called once, and only after topics, lock and offsets were found in order: a job that must
    not count says so at once.
    """

    settings: Settings
    streams: Mapping[str, Stream]
    start_spark: Callable[[], SparkSession]
    clock: Clock
    drain: bool = False
    adopt: bool = False
    stopping: threading.Event = field(default_factory=threading.Event)
    progress: Progress = field(default_factory=Progress)
    held_locks: bool = False
    started_at: datetime = field(init=False)

    def __post_init__(self) -> None:
        self.started_at = self.clock.now()

    def run(self) -> None:
        """Run until drained, stopped, or a fault that trying again does not cure; a lost service is waited for.

        When draining, a lost service ends the run with ServiceAway instead.
        """
        pause_s = 1.0
        waited_for_lock_s = 0.0
        while not self.stopping.is_set():
            before = self.progress.slices
            try:
                self._run_query()
                return
            except Restart as why:
                LOG.warning("starting again", why=why)
            except AnotherCopyRuns as other:
                # After a lost connection the lock's holder may be our own old session, until PostgreSQL notices.
                if self.progress.slices > before:
                    waited_for_lock_s = 0.0
                if not self.held_locks or waited_for_lock_s > _OWN_LOCK_LINGERS_S:
                    raise
                waited_for_lock_s += pause_s
                LOG.warning("waiting for the lock of this job's lost session", seconds=pause_s, why=other)
            except ServiceAway as away:
                if self.drain:
                    raise
                pause_s = 1.0 if self.progress.slices > before else min(pause_s * 2, _LONGEST_PAUSE_S)
                LOG.warning("a service is away, trying again", seconds=pause_s, why=away)
            self.stopping.wait(pause_s)

    @cached_property
    def _session(self) -> SparkSession:
        return self.start_spark()

    def close(self) -> None:
        """Stop Spark, if it was started."""
        if "_session" in self.__dict__:
            self._session.stop()

    def _run_query(self) -> None:
        connection = connect(self.settings.database_url, "speed_layer")
        scratch = mkdtemp(prefix="checkpoint-", dir=self._scratch())
        try:
            self._run_on(connection, scratch)
        finally:
            connection.close()
            rmtree(scratch, ignore_errors=True)

    def _scratch(self) -> Path:
        folder = self.settings.home / "scratch"
        folder.mkdir(parents=True, exist_ok=True)
        return folder

    def _run_on(self, connection: Connection, scratch: str) -> None:
        start = find_start(connection, self.settings.kafka, self.streams.values(), adopt=self.adopt)
        self.held_locks = True
        archive = Archive(self.settings.archive)
        writer = SliceWriter(
            connection, self.streams, archive, start.offsets, start.known, self.progress, self.settings.panes)
        writing = Writing(writer.write)
        query = self._start_query(writing, start.offsets, scratch)
        LOG.info("counting", topics=",".join(self.streams), slice_s=self.settings.slice_s)
        try:
            while not query.awaitTermination(1):
                if self.stopping.is_set():
                    self._stop(query, writing)
                    return
                if writing.fault:
                    query.stop()
        except StreamingQueryException as error:
            writing.close(_STOP_WITHIN_S)
            raise fault_of(writing.fault, error, self.settings.archive) from error
        writing.finish()

    def _start_query(
        self, writing: Writing, offsets: Mapping[str, Mapping[int, int]], scratch: str
    ) -> StreamingQuery:
        rules = TimeRules.from_days(self.settings.max_age_days, self.settings.max_ahead_s)
        examination = Examination(
            self.streams, rules, self.settings.archive, self.settings.redis_url, self.settings.score_max_age_s)
        source = read_topics(self._session, self.settings.kafka, offsets, rows=self.settings.slice_rows)
        stream_writer = (
            placed(source, tuple(self.streams)).mapInArrow(examination, SCHEMA_DDL)
            .writeStream.foreachBatch(writing)
            .option("checkpointLocation", scratch)
        )
        if self.drain:
            return stream_writer.trigger(availableNow=True).start()
        return stream_writer.trigger(processingTime=f"{int(self.settings.slice_s * 1000)} milliseconds").start()

    def _stop(self, query: StreamingQuery, writing: Writing) -> None:
        """Let the slice in hand commit, then stop; a slice that takes too long is dropped and read again later."""
        LOG.info("stopping after the slice in hand")
        if not writing.close(_STOP_WITHIN_S):
            LOG.warning("the slice in hand is dropped; it is read again at the next start")
        query.stop()
