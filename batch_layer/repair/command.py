"""`python -m batch_layer repair`: names the damaged files of each stream and restores those that Kafka still has."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cached_property

from pyspark.sql import SparkSession

from batch_layer.repair.damage import Damage, find_damage
from batch_layer.repair.held import Refused, ask_kafka
from batch_layer.repair.restore import Restorer
from metering.arrow.archive import Archive
from metering.domain.errors import Damaged, LambdameterError, ServiceAway
from metering.domain.stream import Stream
from metering.settings import Settings
from metering.spark.session import start_session
from metering.store.compaction import Raced
from metering.store.locked_session import LockedSession, LockHeld
from metering.store.repair import counting_rows, first_counted, topic_id
from metering.telemetry import Log

LOG = Log("batch_layer")


@dataclass
class Repair:
    """One repair over streams, beside whatever runs. `every_byte`: compare the digest of every file. `dry_run`: name,
    and say what could be restored, but change nothing."""

    settings: Settings
    stopping: threading.Event
    every_byte: bool = False
    dry_run: bool = False
    restored: int = 0
    _faults: list[tuple[str, LambdameterError]] = field(default_factory=list)

    @cached_property
    def _spark(self) -> SparkSession:
        return start_session(self.settings, "batch_layer")

    def run(self, streams: Sequence[Stream]) -> int:
        """Repair each stream; 0 where nothing is damaged any more. Another repair at work: says so and ends with 0.

        Raises the worst fault at the end: Damaged where a file stays damaged, ServiceAway, BadSettings.
        """
        try:
            with LockedSession(self.settings.database_url, "batch_layer", "repair") as session:
                self._each(session, streams)
        except LockHeld:
            LOG.info("another repair is at work; this one leaves")
            return 0
        finally:
            self._stop_spark()
        return self._conclude()

    def _each(self, session: LockedSession, streams: Sequence[Stream]) -> None:
        for stream in streams:
            if self.stopping.is_set():
                return
            try:
                self._stream(session, stream)
            except ServiceAway as away:
                self._faults.append((stream.topic, away))
                return
            except LambdameterError as fault:
                self._faults.append((stream.topic, fault))

    def _stream(self, session: LockedSession, stream: Stream) -> None:
        with session.transaction() as cursor:
            files = counting_rows(cursor, stream.topic)
            counted_id, counted_from = topic_id(cursor, stream.topic), first_counted(cursor, stream.topic)
        archive = Archive(self.settings.archive)
        damages = []
        for damage in find_damage(archive, files, self.stopping, every_byte=self.every_byte):
            LOG.error("damaged file", topic=stream.topic, hour=f"{damage.file.hour:%Y-%m-%dT%H}", why=damage.why)
            damages.append(damage)
        if self.stopping.is_set():
            LOG.info("stopped before all files were looked at; nothing was changed", topic=stream.topic)
            return
        if not damages:
            LOG.info("nothing to repair", topic=stream.topic, files=len(files))
            return
        held = ask_kafka(self.settings.kafka, stream.topic, counted_id, counted_from)
        restorer = Restorer(stream, self.settings.kafka, held, archive, session, lambda: self._spark)
        self._restore_each(restorer, damages)

    def _restore_each(self, restorer: Restorer, damages: Sequence[Damage]) -> None:
        left: list[Damage] = []
        for number, damage in enumerate(damages, start=1):
            if self.stopping.is_set():
                left += damages[number - 1 :]
                break
            try:
                if not self._restore(restorer, damage, f"{number} of {len(damages)}"):
                    left.append(damage)
            except Refused as why:
                LOG.error("cannot be restored from Kafka", path=damage.file.path, rows=damage.file.rows,
                          hour=f"{damage.file.hour:%Y-%m-%dT%H}", why=why)
                left.append(damage)
        if left:
            raise Damaged(_told(restorer.stream.topic, left))

    def _restore(self, restorer: Restorer, damage: Damage, place: str) -> bool:
        """Whether the file is whole now. Raises Refused, ServiceAway."""
        wanted = restorer.plan(damage.file)
        offsets = sum(span.last - span.first + 1 for span in wanted.spans.values())
        if self.dry_run:
            LOG.info("can be restored from Kafka", path=damage.file.path, offsets=offsets)
            return False
        LOG.info("reading again", file=place, path=damage.file.path, partitions=len(wanted.spans), offsets=offsets)
        try:
            restorer.restore(damage.file, wanted)
        except Raced as why:
            LOG.info("left as it is", why=why)
            return True
        self.restored += 1
        return True

    def _conclude(self) -> int:
        if self.restored:
            LOG.info("the next batch run publishes what these files held up", restored=self.restored)
        ordered = sorted(self._faults, key=lambda told: told[1].exit_status, reverse=True)
        for topic, fault in ordered[1:]:
            LOG.error("this stream was not repaired either", topic=topic, why=fault)
        if ordered:
            raise ordered[0][1]
        return 0

    def _stop_spark(self) -> None:
        if "_spark" in self.__dict__:
            with suppress(Exception):
                self._spark.stop()


def _told(topic: str, left: Sequence[Damage]) -> str:
    paths = ", ".join(damage.file.path for damage in left[:5]) + (", …" if len(left) > 5 else "")
    return (f"{topic}: {len(left)} listed files stay damaged: {paths}. A file put back from a backup to its path is "
            "taken where its SHA-256 is the listed one")
