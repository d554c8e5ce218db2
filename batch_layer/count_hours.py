"""The task of the recount: one event hour (or a bucket of a large one) from its files. Runs in Spark's workers."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import pyarrow as pa

from batch_layer.parts import Part, count_batch, fault_batch, sums_batch
from metering.arrow.archive import Archive
from metering.arrow.distinct import distinct_rows
from metering.arrow.listed import DamagedFile, FileToRead, in_bucket, read_file
from metering.arrow.partial import by_hour, partial_sums
from metering.arrow.schemas import encoded_schema
from metering.domain.errors import ServiceAway
from metering.domain.rollup import HOUR_S
from metering.domain.stream import Stream

HOUR_ROWS_AT_ONCE = 8_000_000
"""Rows one task holds: about 2 GB. A larger hour is cut into buckets by identity."""


@dataclass(frozen=True)
class HourPlan:
    """One task's work. `hour` in epoch microseconds; bucket `bucket` of `buckets`."""

    hour: int
    files: tuple[FileToRead, ...]
    bucket: int = 0
    buckets: int = 1


@dataclass(frozen=True)
class Recount:
    """Called with the numbers of the plans to do; yields their parts. A damaged file fails its hour alone.

    An archive that is away is no damage: the driver hears of it and ends the run.
    """

    stream: Stream
    archive: str
    plans: Sequence[HourPlan]

    def __call__(self, batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        archive = Archive(self.archive)
        for batch in batches:
            for number in batch.column(0).to_pylist():
                plan = self.plans[number]
                try:
                    yield from _count(self.stream, archive, plan)
                except DamagedFile as damage:
                    yield fault_batch(self.stream, Part.DAMAGE, plan.hour, str(damage))
                except ServiceAway as away:
                    yield fault_batch(self.stream, Part.AWAY, plan.hour, str(away))


def _count(stream: Stream, archive: Archive, plan: HourPlan) -> list[pa.RecordBatch]:
    fresh = _read(stream, archive, plan, fresh=True)
    settled = _read(stream, archive, plan, fresh=False)
    events = pa.concat_tables([settled, fresh])
    distinct = distinct_rows(stream, events)
    parts = [count_batch(stream, plan.hour, distinct)]
    first = distinct.first_of(_summed_columns(stream))
    for rollup in stream.rollups:
        raw = partial_sums(stream, rollup, fresh)
        # Of all rows as they were read, repeats too: it must not follow from what was found distinct.
        whole = by_hour(rollup, [raw, partial_sums(stream, rollup, settled)])
        parts += sums_batch(stream, rollup, Part.EXACT, plan.hour, partial_sums(stream, rollup, first))
        parts += sums_batch(stream, rollup, Part.FRESH, plan.hour, raw)
        parts += sums_batch(
            stream, rollup, Part.REPEATED, plan.hour, partial_sums(stream, rollup, distinct.repeats, HOUR_S))
        parts += sums_batch(stream, rollup, Part.WHOLE, plan.hour, whole)
    return parts


def _summed_columns(stream: Stream) -> list[str]:
    """The fields that the stream's rollups look at, each once."""
    of_rollups = [
        name for rollup in stream.rollups
        for name in (*(field for cut in rollup.cuts for field in cut.takes.values()),
                     *(field for measure in rollup.measures for field in measure.fields))]
    return list(dict.fromkeys([stream.time_field.name, *of_rollups]))


def _read(stream: Stream, archive: Archive, plan: HourPlan, *, fresh: bool) -> pa.Table:
    schema = encoded_schema(stream)
    tables = [read_file(archive, schema, file) for file in plan.files if file.fresh is fresh]
    if plan.buckets > 1:
        tables = [table.filter(in_bucket(table, plan.bucket, plan.buckets)) for table in tables]
    return pa.concat_tables(tables) if tables else schema.empty_table()
