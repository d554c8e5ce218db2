"""One damaged file restored: its records read again, decided as they were, written, and listed in its place."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from py4j.protocol import Py4JError  # type: ignore[import-untyped]
from pyspark.errors import PySparkException
from pyspark.sql import SparkSession

from batch_layer.repair.held import Held, Refused, Wanted, wanted_of
from batch_layer.repair.reread import SCHEMA_DDL, Reread, events_of
from batch_layer.whole_file import spans_of, write_file
from metering.arrow.archive import Archive, hour_folder
from metering.arrow.schemas import ARRIVAL, added_schema, archive_schema, event_schema
from metering.domain.archive_file import RowSpan
from metering.domain.errors import ServiceAway
from metering.domain.stream import Stream
from metering.failpoints import reach
from metering.settings import KafkaSettings
from metering.spark.kafka_spans import read_spans
from metering.store.compaction import Raced
from metering.store.locked_session import LockedSession
from metering.store.repair import CountingRow, Restored, dead_offsets, recorded_rows, relist
from metering.telemetry import Log

LOG = Log("batch_layer")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_OFFSET_BITS = 48


@dataclass(frozen=True)
class Restorer:
    """Restores files of one stream. `spark` starts a session at the first file that is read again."""

    stream: Stream
    kafka: KafkaSettings
    held: Held
    archive: Archive
    session: LockedSession
    spark: Callable[[], SparkSession]

    def plan(self, file: CountingRow) -> Wanted:
        """Where the file's rows are still to be had. Reads no record. Raises Refused, ServiceAway."""
        wanted = wanted_of(self.kafka, self.stream.topic, file, self.held)
        if self.stream.added and wanted.exact:
            known = self._recorded(file, wanted.spans).num_rows
            if known < file.rows:
                raise Refused(self._undecided(file, file.rows - known))
        return wanted

    def restore(self, file: CountingRow, wanted: Wanted) -> None:
        """Write the file anew under a name of its own, and list that one instead.

        Killed at any moment, the manifest lists the one or the other. Raises Refused where the records are not what
        was listed, Raced where the row changed meanwhile, ServiceAway.
        """
        rows = self._whole_rows(file, wanted, self._events(file, wanted))
        restored = self._written(file, rows)
        reach("repair-before-list")
        try:
            with self.session.transaction() as cursor:
                relist(cursor, self.stream.topic, file, restored,
                       is_present=lambda: self.archive.size(restored.path) == restored.size)
        except Raced:
            self.archive.remove(restored.path)
            raise
        reach("repair-after-list")
        self._remove(file.path)
        LOG.info("restored", path=file.path, by=restored.path, hour=f"{file.hour:%Y-%m-%dT%H}", rows=file.rows)

    def _events(self, file: CountingRow, wanted: Wanted) -> pa.Table:
        topic = self.stream.topic
        with self.session.transaction() as cursor:
            dead = {number: dead_offsets(cursor, topic, number, span) for number, span in wanted.spans.items()}
        reread = Reread(self.stream, _micros(file.hour), dead)
        try:
            frame = read_spans(self.spark(), self.kafka, topic, wanted.spans)
            found = events_of(self.stream, frame.mapInArrow(reread, SCHEMA_DDL).toArrow())
        except (PySparkException, Py4JError) as error:
            if cause := next((line for line in str(error).splitlines() if "kafka" in line.lower()), ""):
                raise ServiceAway(f"Kafka cannot be read: {' '.join(cause.split())[:300]}") from error
            raise
        return found if wanted.exact else _first_rows(found, wanted.spans)

    def _whole_rows(self, file: CountingRow, wanted: Wanted, events: pa.Table) -> pa.Table:
        """The file's rows, with what was added to them, once they are as many, and those, that were listed."""
        _require_listed(file, wanted, events)
        if not self.stream.added:
            return events
        recorded = self._recorded(file, wanted.spans)
        places, known = _places(events), _places(recorded)
        missing = int(np.count_nonzero(~np.isin(places, known)))
        if missing:
            raise Refused(self._undecided(file, missing))
        order = np.argsort(known)
        added = recorded.take(pa.array(order[np.searchsorted(known[order], places)]))
        for field in added_schema(self.stream):
            events = events.append_column(field, added[field.name])
        return events.cast(archive_schema(self.stream))

    def _recorded(self, file: CountingRow, spans: Mapping[int, RowSpan]) -> pa.Table:
        said = event_schema(self.stream)
        schema = pa.schema([said.field("partition"), said.field("offset"), *added_schema(self.stream)])
        with self.session.transaction() as cursor:
            return recorded_rows(cursor, self.stream, file.hour, spans, schema)

    def _undecided(self, file: CountingRow, missing: int) -> str:
        return (f"what the stream added to {missing} of its {file.rows} events is not in Kafka, and not in table "
                f"{self.stream.recent}, which has no repeats and no days long past")

    def _written(self, file: CountingRow, rows: pa.Table) -> Restored:
        is_compacted = file.kafka_partition is None
        whose = f"c{file.generation}" if is_compacted else f"p{file.kafka_partition}-{file.first_offset}"
        folder = hour_folder(self.stream.topic, _micros(file.hour))
        # Never the old name: a statement tells a path with its digest, and what was read once stays what it was.
        path = f"{folder}/{whose}-{uuid.uuid4().hex[:12]}.parquet"
        try:
            size, digest = write_file(self.archive, path, rows.sort_by(ARRIVAL) if is_compacted else rows)
        except ServiceAway:
            raise
        except OSError as error:
            raise ServiceAway(f"the archive cannot be written: {' '.join(str(error).split())[:200]}") from error
        return Restored(path, size, digest, spans_of(rows))

    def _remove(self, path: str) -> None:
        """The damaged file counts for nothing now; one that cannot be removed is left to the vacuum."""
        try:
            self.archive.remove(path)
        except OSError as why:
            LOG.warning("the damaged file stays until a vacuum", path=path, why=why)


def _first_rows(events: pa.Table, spans: Mapping[int, RowSpan]) -> pa.Table:
    """Of each partition as many rows as its span says, by offset."""
    parts = [events.filter(pc.equal(events["partition"], number)).slice(0, span.rows) for number, span in spans.items()]
    return pa.concat_tables(parts)


def _require_listed(file: CountingRow, wanted: Wanted, events: pa.Table) -> None:
    """Raises Refused unless the events are those that were listed: how many of each partition, from where to where."""
    found = spans_of(events)
    for partition, span in sorted(wanted.spans.items()):
        of_partition = found.get(partition, RowSpan(span.first, span.last, 0))
        if of_partition.rows != span.rows or (wanted.exact and of_partition != span):
            raise Refused(
                f"partition {partition}, offsets {span.first}–{span.last}: want {span.rows} events of the hour, "
                f"Kafka's records give {of_partition.rows} at {of_partition.first}–{of_partition.last}")
    first = pc.min(events["ingest_time"].cast(pa.int64())).as_py()
    if first != _micros(file.first_ingest):
        raise Refused("Kafka's append times are not those that were counted: the records were copied from elsewhere")


def _places(rows: pa.Table) -> np.ndarray:
    return (rows["partition"].to_numpy().astype(np.int64) << _OFFSET_BITS) + rows["offset"].to_numpy()


def _micros(moment: datetime) -> int:
    return (moment - _EPOCH) // _MICROSECOND
