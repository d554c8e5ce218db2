"""What a chart says, in figures for a sentence: for those who cannot see it, and for those in a hurry."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime

from serving.charts import Bars
from serving.figures import share_text
from serving.queries.buckets import Bucket, stretches
from serving.queries.usage import Totals


@dataclass(frozen=True)
class Summary:
    """The highest bar, the largest id with its share, since when it is provisional, bars without any data."""

    peak: Bucket
    peak_value: int
    largest: str
    largest_share: str
    provisional_from: datetime | None
    empty_bars: int
    bars: int
    rate: int


def summarise(bars: Bars, found: Totals) -> Summary:
    """`bars` has at least one point. `rate` is bytes a second over the time that bars with data cover."""
    sums: dict[int, int] = defaultdict(int)
    by_id: dict[str, int] = defaultdict(int)
    for point in bars.points:
        sums[point.bucket] += point.value
        if point.id is not None:
            by_id[point.id] += point.value
    peak = max(sums, key=lambda number: (sums[number], -number))
    largest = max(by_id, key=lambda id: by_id[id], default="")
    total = found.total or 0
    past = [bucket for bucket in bars.buckets.all(bars.now) if bucket.start <= bars.now]
    return Summary(
        bars.buckets.numbered(peak, bars.now), sums[peak], bars.names.get(largest) or largest,
        share_text(by_id.get(largest, 0), total), _provisional_from(bars),
        max(0, len(past) - len(sums)), len(past), total // max(1, _seconds(bars, sums)))


def _seconds(bars: Bars, sums: dict[int, int]) -> int:
    covered = (bars.buckets.numbered(number, bars.now) for number in sums)
    return int(sum((min(b.end, bars.now) - min(b.start, bars.now)).total_seconds() for b in covered))


def _provisional_from(bars: Bars) -> datetime | None:
    """Where the last provisional stretch begins."""
    found = stretches(bars.provisional)
    return bars.buckets.edges[found[-1][0]] if found else None
