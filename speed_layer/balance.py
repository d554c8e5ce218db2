"""The balance of a slice, before it may commit: every record seen went somewhere, and every cut adds up."""

from __future__ import annotations

from collections import Counter

import pyarrow as pa
import pyarrow.compute as pc

from metering.domain.errors import Damaged
from metering.domain.rollup import MeasureKind, Rollup
from metering.domain.spans import PartitionSpan
from metering.domain.stream import Stream
from speed_layer.findings import Findings


def check_balance(stream: Stream, found: Findings, spans: list[PartitionSpan], sums: dict[str, pa.Table]) -> None:
    """Raise Damaged unless, per partition, files + dead letters = records, and all cuts = the files' total."""
    kept: Counter[int] = Counter()
    for file in found.files:
        kept[int(file.kafka_partition or 0)] += file.rows
    for letter in found.rejected:
        kept[letter.position.partition] += 1
    for span in spans:
        if kept[span.partition] != span.rows:
            raise Damaged(
                f"{stream.topic} partition {span.partition}: {span.rows} records seen, {kept[span.partition]} kept")
    total = sum(found.measured.values())
    for name in stream.equal_sums:
        for cut, value in cut_totals(stream.rollup(name), sums[name]).items():
            if value != total:
                raise Damaged(f"{stream.topic}: {cut} add up to {value}, the files to {total}")
    _check_counts(stream, found, sums)


def _check_counts(stream: Stream, found: Findings, sums: dict[str, pa.Table]) -> None:
    """Raise Damaged where a rollup counts events and has another number of them than the files have rows."""
    rows = sum(file.rows for file in found.files)
    for rollup in stream.rollups:
        for measure in rollup.measures:
            if measure.kind is MeasureKind.COUNT and not measure.fields:
                counted = pc.sum(sums[rollup.name][measure.column]).as_py() or 0
                if counted != rows * len(rollup.cuts):
                    raise Damaged(f"{stream.topic}: {rollup.name} counts {counted} events, the files have {rows}")


def cut_totals(rollup: Rollup, sums: pa.Table) -> dict[str, int]:
    """The total of the first measure by cut; every cut is there, 0 where it has no rows."""
    totals = {}
    for cut in rollup.cuts:
        mine = sums
        for column, text in cut.constants.items():
            mine = mine.filter(pc.equal(mine[column], text))
        totals[" ".join(cut.constants.values())] = int(pc.sum(mine[rollup.measures[0].column]).as_py() or 0)
    return totals
