"""The task of a slice: decode, check, archive, sum. Runs in Spark's Python workers."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from metering.arrow.archive import Archive
from metering.arrow.decode import decode
from metering.arrow.files import HourFiles
from metering.arrow.partial import merge_partials, partial_sums
from metering.arrow.placed import PLACED, ROWS_AT_ONCE, by_partition, gathered
from metering.arrow.schemas import archive_schema
from metering.domain.spans import Run
from metering.domain.stream import Stream, TimeRules
from metering.failpoints import reach
from speed_layer.enrich import Enricher
from speed_layer.findings import Findings, to_batch


@dataclass(frozen=True)
class Examination:
    """What a task needs to know. Called with a task's Arrow batches (PLACED, topics numbered as in `streams`) it
    yields a row of findings a partition.
    """

    streams: Mapping[str, Stream]
    rules: TimeRules
    archive: str
    redis_url: str | None = field(default=None, repr=False)
    score_max_age_s: float = 0.0
    block_rows: int = ROWS_AT_ONCE

    def __call__(self, batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        parts: dict[tuple[str, int], _Part] = {}
        try:
            for batch in gathered(batches, self.block_rows):
                for topic, partition, rows in by_partition(batch.cast(PLACED), tuple(self.streams)):
                    if (topic, partition) not in parts:
                        parts[topic, partition] = _Part(self, self.streams[topic], partition)
                    parts[topic, partition].take(rows)
            yield from [to_batch(part.finish()) for part in parts.values()]
        except BaseException:
            for part in parts.values():
                part.files.abandon()
            raise


class _Part:
    """One partition's share of a task."""

    def __init__(self, asked: Examination, stream: Stream, partition: int) -> None:
        self.stream, self.rules, self.partition = stream, asked.rules, partition
        self.files = HourFiles(Archive(asked.archive), stream, archive_schema(stream), partition)
        self.findings = Findings(stream.topic)
        self._enricher = Enricher(stream, asked.redis_url, asked.score_max_age_s) if stream.added else None
        self._measure = measured_of(stream)
        reach("speed-before-file")

    def take(self, messages: pa.RecordBatch) -> None:
        checked = decode(self.stream, messages, self.rules)
        self.findings.rejected += checked.rejected
        self.findings.runs += runs_of(self.partition, messages)
        if checked.accepted.num_rows:
            self._count(self._enricher.added_to(checked.accepted) if self._enricher else checked.accepted)
        reach("speed-mid-file")

    def _count(self, events: pa.Table) -> None:
        self.files.write(events, measured=self._measure)
        for rollup in self.stream.rollups:
            sums = partial_sums(self.stream, rollup, events)
            self.findings.partials.setdefault(rollup.name, []).append(sums)
        if self.stream.recent or self.stream.panes:
            self.findings.rows.append(events)

    def finish(self) -> Findings:
        for rollup in self.stream.rollups:
            merged = merge_partials(rollup, self.findings.partials.get(rollup.name, []))
            self.findings.partials[rollup.name] = [merged]
        for file, measured in self.files.finish():
            self.findings.files.append(file)
            self.findings.measured[file.path] = measured
        return self.findings


def measured_of(stream: Stream) -> Callable[[pa.Table], int]:
    """What the balance weighs a table's rows by: what the cuts with equal sums add up, else their number."""
    summed = stream.rollup(stream.equal_sums[0]).measures[0].of if stream.equal_sums else None
    if summed is None:
        return lambda rows: int(rows.num_rows)
    return lambda rows: int(pc.sum(rows[summed]).as_py() or 0)


def runs_of(partition: int, messages: pa.RecordBatch) -> list[Run]:
    """The runs of offsets without a hole in one partition's messages."""
    offsets = np.sort(messages["offset"].to_numpy())
    last_append = pc.max(messages["timestamp"].cast(pa.int64())).as_py()
    breaks = np.flatnonzero(np.diff(offsets) != 1)
    firsts = offsets[np.concatenate(([0], breaks + 1))]
    lasts = offsets[np.concatenate((breaks, [len(offsets) - 1]))]
    return [Run(partition, int(first), int(last), last_append) for first, last in zip(firsts, lasts, strict=True)]
