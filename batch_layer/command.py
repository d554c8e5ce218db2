"""The job's commands: one run, a run again and again, a vacuum."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from datetime import datetime
from functools import cached_property

from pyspark.sql import SparkSession

from batch_layer.compact import vacuum
from batch_layer.money import settle
from batch_layer.run import BatchRun, Outcome
from metering.arrow.archive import Archive
from metering.clock import SystemClock
from metering.domain.errors import Damaged, LambdameterError, ServiceAway
from metering.domain.stream import Stream
from metering.settings import Settings
from metering.spark.session import start_session
from metering.store.locked_session import LockedSession, LockHeld
from metering.store.recent import forget_days
from metering.telemetry import Log

LOG = Log("batch_layer")

YOUNGEST_TO_VACUUM_S = 3600
"""A file younger than this may be one that a slice is about to list."""


class Command:
    """Runs the batch layer over streams, one after the other."""

    def __init__(self, settings: Settings, stopping: threading.Event, streams: Iterable[Stream]) -> None:
        self._settings, self._stopping, self._streams = settings, stopping, tuple(streams)
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
            self._run_all(hour)
        finally:
            self._stop_spark()
        return 0

    def _run_all(self, hour: datetime | None) -> None:
        with self._locked() as session:
            if session is None:
                return
            try:
                run_each(self._streams, lambda stream: self._run(session, stream, hour), self._stopping)
            except Damaged:
                # The hours that were published are rated all the same.
                settle(session, self._settings, self._clock)
                raise
            settle(session, self._settings, self._clock)

    def _run(self, session: LockedSession, stream: Stream, hour: datetime | None) -> Outcome:
        run = BatchRun(self._settings, stream, session, lambda: self._spark, self._clock)
        outcome = run.run(hour)
        LOG.info("run done", topic=stream.topic, published=len(outcome.published), failed=len(outcome.failed),
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
            self._run_all(None)
        except (ServiceAway, Damaged) as error:
            LOG.error("this run failed; the next one tries again", why=error)

    def vacuum(self) -> int:
        """Remove archive files that no row lists, and rows of days that are kept in the archive only."""
        archive = Archive(self._settings.archive)
        with self._locked() as session:
            if session is None:
                return 0
            for stream in self._streams:
                removed = vacuum(
                    session, stream, archive, older_than_s=YOUNGEST_TO_VACUUM_S, now=self._clock.now())
                LOG.info("vacuumed", topic=stream.topic, removed=len(removed))
                self._forget_days(session, stream)
        return 0

    def _forget_days(self, session: LockedSession, stream: Stream) -> None:
        if stream.recent:
            with session.transaction() as cursor:
                forgotten = forget_days(cursor, stream.recent, self._clock.now())
            LOG.info("days forgotten", table=stream.recent, partitions=len(forgotten))

    def _stop_spark(self) -> None:
        if "_spark" in self.__dict__:
            with suppress(Exception):
                self._spark.stop()
            del self.__dict__["_spark"]


def run_each(streams: Iterable[Stream], run: Callable[[Stream], Outcome], stopping: threading.Event) -> None:
    """Run over each stream; what fails in one does not keep the next from its run, but a lost service does.

    Raises the worst of the faults at the end, a fault of the program before all others; those beside it are told.
    """
    faults: list[tuple[str, Exception]] = []
    for stream in streams:
        if stopping.is_set():
            LOG.info("stopped before this stream's run", topic=stream.topic)
            break
        try:
            if fault := fault_of(stream.topic, run(stream)):
                faults.append((stream.topic, fault))
        except ServiceAway as away:
            faults.append((stream.topic, away))
            break
        except Exception as failed:
            # Whatever it is: the next stream knows nothing of it, and the worst is raised below.
            faults.append((stream.topic, failed))
    _raise_worst(faults)


def fault_of(topic: str, outcome: Outcome) -> LambdameterError | None:
    """Damaged where a proof failed or a file is damaged, ServiceAway where Kafka could not be asked about finality."""
    if outcome.failed:
        hours = ", ".join(f"{hour:%Y-%m-%dT%H}" for hour in sorted(outcome.failed))
        return Damaged(f"{topic}: {len(outcome.failed)} hours were not published: {hours}; the others were. See /proof")
    return ServiceAway(f"{topic}: {outcome.waits_for}") if outcome.waits_for else None


def _raise_worst(faults: list[tuple[str, Exception]]) -> None:
    by_weight = sorted(faults, key=lambda told: _weight(told[1]), reverse=True)
    for topic, fault in by_weight[1:]:
        LOG.error("this stream's run failed too", topic=topic, why=fault)
    if by_weight:
        raise by_weight[0][1]


def _weight(fault: Exception) -> tuple[bool, int]:
    return (not isinstance(fault, LambdameterError), getattr(fault, "exit_status", 1))
