"""Panes over time as bars, early, on time and late told apart, and what they say in words."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from serving.charts import Bars
from serving.figures import short_count
from serving.pages.lines import LegendLine, legend_lines
from serving.queries.buckets import Bucket, Buckets, stretches
from serving.queries.panes import TIMINGS, PaneCount
from serving.queries.usage import Point

NAMES = {"early": "early", "on_time": "on time", "late": "late"}


@dataclass(frozen=True)
class PaneSummary:
    """The bar with the most panes, since when the chart is provisional, bars without panes."""

    peak: Bucket
    peak_panes: int
    provisional_from: datetime | None
    empty_bars: int
    bars: int


def pane_bars(counts: Sequence[PaneCount], buckets: Buckets, now: datetime) -> Bars:
    """What is drawn: a colour a timing, the same whatever the range holds."""
    points = [Point(one.bucket, one.timing, one.panes, one.finality) for one in counts]
    return Bars(
        buckets, points, TIMINGS, NAMES, now, exact=lambda panes: f"{panes:,} pane{'' if panes == 1 else 's'}",
        short=short_count)


def pane_legend() -> list[LegendLine]:
    """The timings with their colours; none is a filter."""
    return [LegendLine(line.swatch, "", line.name) for line in legend_lines(TIMINGS, NAMES)]


def pane_summary(bars: Bars) -> PaneSummary:
    """`bars` has at least one point."""
    sums: dict[int, int] = defaultdict(int)
    for point in bars.points:
        sums[point.bucket] += point.value
    peak = max(sums, key=lambda number: (sums[number], -number))
    past = [bucket for bucket in bars.buckets.all(bars.now) if bucket.start <= bars.now]
    shaded = stretches(bars.provisional)
    return PaneSummary(
        bars.buckets.numbered(peak, bars.now), sums[peak], bars.buckets.edges[shaded[-1][0]] if shaded else None,
        max(0, len(past) - len(sums)), len(past))
