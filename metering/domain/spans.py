"""Spans of offsets: what a slice saw of a partition, and what lies between that it did not see."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, order=True)
class Run:
    """Offsets seen without a hole, both ends inclusive."""

    partition: int
    first: int
    last: int
    last_append: int


@dataclass(frozen=True)
class PartitionSpan:
    """All a slice saw of a partition. `last_append`: the latest append time, epoch microseconds."""

    partition: int
    first: int
    last: int
    rows: int
    last_append: int


@dataclass(frozen=True)
class Gap:
    """Offsets that were stepped over, both ends inclusive."""

    partition: int
    first: int
    last: int
    reason: str


UNSEEN = "Kafka handed out no record: transaction markers, aborted or compacted records"
DELETED = "Kafka deleted these records before they were read"


def spans_of(runs: Iterable[Run]) -> list[PartitionSpan]:
    """One span a partition, from its runs in any order."""
    by_partition: dict[int, list[Run]] = {}
    for run in runs:
        by_partition.setdefault(run.partition, []).append(run)
    return [
        PartitionSpan(
            partition,
            first=min(run.first for run in seen),
            last=max(run.last for run in seen),
            rows=sum(run.last - run.first + 1 for run in seen),
            last_append=max(run.last_append for run in seen),
        )
        for partition, seen in sorted(by_partition.items())
    ]


def gaps_between(partition: int, expected: int, runs: Iterable[Run]) -> list[Gap]:
    """What was not seen between `expected` and the last offset seen.

    >>> [(gap.first, gap.last) for gap in gaps_between(0, 5, [Run(0, 7, 9, 0), Run(0, 12, 12, 0)])]
    [(5, 6), (10, 11)]
    """
    gaps = []
    for run in sorted(run for run in runs if run.partition == partition):
        if run.first > expected:
            gaps.append(Gap(partition, expected, run.first - 1, UNSEEN))
        expected = run.last + 1
    return gaps
