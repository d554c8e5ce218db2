"""Events of the archive, each once, as Spark rows: a task reads an hour's files, as an identity lives in its hour."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby

import pyarrow as pa
import pyarrow.compute as pc
from pyspark.sql import DataFrame, SparkSession

from metering.arrow.archive import Archive
from metering.arrow.distinct import distinct_rows
from metering.arrow.listed import DamagedFile, FileToRead, in_bucket, read_file
from metering.arrow.schemas import archive_schema, event_schema
from metering.domain.errors import Damaged, ServiceAway
from metering.domain.stream import Stream
from metering.store.rotation import ListedFile
from ml.features import FAULTS
from ml.span import Span

HOUR_ROWS_AT_ONCE = 4_000_000
"""Rows one task holds; a larger hour is cut into buckets by identity."""

_MOST_TASKS = 256
_SPARK_TYPES = {pa.int64(): "bigint", pa.float64(): "double", pa.string(): "string"}


@dataclass(frozen=True)
class HourPart:
    """One task's work: the files of an hour, bucket `bucket` of `buckets`."""

    files: tuple[FileToRead, ...]
    bucket: int = 0
    buckets: int = 1


@dataclass(frozen=True)
class Reading:
    """Called with the numbers of parts; yields their distinct rows in the span, or a row that says what failed."""

    stream: Stream
    archive: str
    parts: Sequence[HourPart]
    columns: tuple[str, ...]
    span: Span

    @property
    def schema(self) -> pa.Schema:
        known = archive_schema(self.stream)
        return pa.schema([*(known.field(name).with_nullable(True) for name in self.columns), *_FAULT_FIELDS])

    @property
    def ddl(self) -> str:
        return ", ".join(f"{field.name} {_SPARK_TYPES.get(field.type, 'timestamp')}" for field in self.schema)

    def __call__(self, batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        archive = Archive(self.archive)
        for number in (number for batch in batches for number in batch.column(0).to_pylist()):
            try:
                yield from self._rows(archive, self.parts[number]).to_batches()
            except DamagedFile as damage:
                yield self._fault("damage", str(damage))
            except ServiceAway as away:
                yield self._fault("away", str(away))

    def _rows(self, archive: Archive, part: HourPart) -> pa.Table:
        events = pa.concat_tables(self._read(archive, file, part) for file in part.files)
        first = distinct_rows(self.stream, events).first
        kept = first.filter(self._in_span(first["timestamp"])).select(self.columns)
        for fault in _FAULT_FIELDS:
            kept = kept.append_column(fault, pa.nulls(kept.num_rows, fault.type))
        return kept.cast(self.schema)

    def _read(self, archive: Archive, file: FileToRead, part: HourPart) -> pa.Table:
        known = archive_schema(self.stream)
        said = event_schema(self.stream)
        added = [known.field(name) for name in self.columns if name not in said.names]
        table = read_file(archive, pa.schema([*said, *added]), file)
        return table.filter(in_bucket(table, part.bucket, part.buckets)) if part.buckets > 1 else table

    def _in_span(self, times: pa.ChunkedArray) -> pa.ChunkedArray:
        inside = pc.is_valid(times)
        if self.span.start:
            inside = pc.and_(inside, pc.greater_equal(times, pa.scalar(self.span.start, times.type)))
        if self.span.end:
            inside = pc.and_(inside, pc.less(times, pa.scalar(self.span.end, times.type)))
        return inside

    def _fault(self, kind: str, why: str) -> pa.RecordBatch:
        return pa.RecordBatch.from_pylist([{kind: why}], self.schema)


_FAULT_FIELDS = tuple(pa.field(name, pa.string()) for name in FAULTS)


def hour_parts(files: Sequence[ListedFile], rows_at_once: int = HOUR_ROWS_AT_ONCE) -> list[HourPart]:
    """The tasks that read `files`, which are ordered by hour: one an hour, several for a very large one."""
    parts: list[HourPart] = []
    for _, listed in groupby(files, key=lambda file: file.hour):
        reads = tuple(FileToRead(file.path, file.rows, file.size) for file in listed)
        buckets = max(1, math.ceil(sum(read.rows for read in reads) / rows_at_once))
        parts += (HourPart(reads, bucket, buckets) for bucket in range(buckets))
    return parts


def archived(session: SparkSession, reading: Reading) -> DataFrame:
    """The distinct rows of all parts, with the fault columns."""
    tasks = max(1, min(len(reading.parts), _MOST_TASKS))
    return session.range(0, len(reading.parts), 1, numPartitions=tasks).mapInArrow(reading, reading.ddl)


def without_faults(counted: pa.Table) -> pa.Table:
    """What was counted, without the faults. Raises Damaged or ServiceAway for what could not be read."""
    for kind, error in (("damage", Damaged), ("away", ServiceAway)):
        if why := pc.max(counted[kind]).as_py():
            raise error(f"the archive: {why}")
    return counted.drop_columns(list(FAULTS))
