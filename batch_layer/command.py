"""The job's commands: one run, a run again and again, a vacuum."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import datetime
from functools import cached_property

from pyspark.sql import SparkSession

from batch_layer.compact import vacuum
from batch_layer.run import BatchRun, Outcome, raise_if_failed
from metering.arrow.archive import Archive
from metering.clock import SystemClock
from metering.domain.errors import Damaged, ServiceAway
from metering.settings import Settings
from metering.spark.session import start_session
from metering.store.locked_session import LockedSession, LockHeld
from metering.streams import STREAMS
from metering.telemetry import Log

LOG = Log("batch_layer")

YOUNGEST_TO_VACUUM_S = 3600
"""A file younger than this may be one that a slice is about to list."""


class Command:
    """Runs the batch layer over all declared streams, one after the other."""

    def __init__(self, settings: Settings, stopping: threading.Event) -> None:
        self._settings, self._stopping = settings, stopping
        self._clock = SystemClock()

    @cached_property
    def _spark(self) -> SparkSession:
        return start_session(self._settings, "batch_layer")

    @contextmanager
    def _locked(self) -> Iterator[LockedSession | None]:
        """The session with the batch layer's lock; None, told in a line, where another run has it."""
        try:
            session = LockedSession(self._settings.database_url, "batch_layer", "batch_layer")
        except LockHeld:
            LOG.info("another batch run is at work; this one leaves")
            yield None
            return
        with session:
            yield session

    def once(self, hour: datetime | None = None) -> int:
        """One run over every stream. Another run at work: says so and ends with 0."""
        try:
            with self._locked() as session:
                if session is not None:
                    outcomes = [self._run(session, topic, hour) for topic in STREAMS]
                    for outcome in outcomes:
                        raise_if_failed(outcome)
        finally:
            self._stop_spark()
        return 0

    def _run(self, session: LockedSession, topic: str, hour: datetime | None) -> Outcome:
        run = BatchRun(self._settings, STREAMS[topic], session, lambda: self._spark, self._clock)
        outcome = run.run(hour)
        LOG.info("run done", topic=topic, published=len(outcome.published), failed=len(outcome.failed),
                 final=outcome.made_final, compacted=outcome.compacted)
        return outcome

    def every(self, seconds: float) -> int:
        """A run now and after every `seconds`, in one process, until stopped. A failed run does not end it."""
        try:
            while not self._stopping.is_set():
                self._try_once()
                self._stopping.wait(seconds)
        finally:
            self._stop_spark()
        return 0

    def _try_once(self) -> None:
        try:
            with self._locked() as session:
                if session is not None:
                    for topic in STREAMS:
                        raise_if_failed(self._run(session, topic, None))
        except (ServiceAway, Damaged) as error:
            LOG.error("this run failed; the next one tries again", why=error)

    def vacuum(self) -> int:
        """Remove archive files that no row lists."""
        archive = Archive(self._settings.archive)
        with self._locked() as session:
            if session is None:
                return 0
            for stream in STREAMS.values():
                removed = vacuum(
                    session, stream, archive, older_than_s=YOUNGEST_TO_VACUUM_S, now=self._clock.now())
                LOG.info("vacuumed", topic=stream.topic, removed=len(removed))
        return 0

    def _stop_spark(self) -> None:
        if "_spark" in self.__dict__:
            with suppress(Exception):
                self._spark.stop()
            del self.__dict__["_spark"]
