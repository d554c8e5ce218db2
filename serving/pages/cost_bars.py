"""A machine's costs as bars, and what they say in words. They are of one currency: that of the latest hour."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from serving.charts import Bars, ranked
from serving.costs import Bill, PricedHour
from serving.pages.lines import LegendLine, legend_lines
from serving.percents import MICRO, exact_money, micros
from serving.queries.buckets import Bucket, Buckets, stretches
from serving.queries.dimensions import least_certain
from serving.queries.usage import Point

NAMES = {"cpu": "CPU", "memory": "Memory"}


@dataclass(frozen=True)
class CostSummary:
    """The dearest bar, since when the chart is provisional, bars without samples."""

    peak: Bucket
    peak_value: Decimal
    provisional_from: datetime | None
    empty_bars: int
    bars: int


def charted_currency(bill: Bill) -> str:
    """The currency of the latest hour with a price; empty where none has one."""
    return next((line.version.currency for line in reversed(bill.lines) if line.version), "")


def cost_bars(bill: Bill, buckets: Buckets, now: datetime) -> Bars:
    """Both parts of each bar's cost, in millionths of the currency."""
    currency = charted_currency(bill)
    by_bucket: dict[int, list[PricedHour]] = defaultdict(list)
    for line in bill.lines:
        if line.version and line.version.currency == currency:
            by_bucket[buckets.number_of(line.hour.hour)].append(line)
    points = [point for bucket, lines in sorted(by_bucket.items()) for point in _points(bucket, lines)]
    return Bars(
        buckets, points, ranked(points), NAMES, now, exact=lambda value: f"{exact_money(value * MICRO)} {currency}",
        short=lambda value: f"{float(value * MICRO):g} {currency}")


def cost_legend(bars: Bars) -> list[LegendLine]:
    """The two parts with their colours; neither is a filter."""
    return [LegendLine(line.swatch, "", line.name) for line in legend_lines(bars.series, NAMES)]


def cost_summary(bars: Bars) -> CostSummary:
    """`bars` has at least one point."""
    sums: dict[int, int] = defaultdict(int)
    for point in bars.points:
        sums[point.bucket] += point.value
    peak = max(sums, key=lambda number: (sums[number], -number))
    past = [bucket for bucket in bars.buckets.all(bars.now) if bucket.start <= bars.now]
    shaded = stretches(bars.provisional)
    return CostSummary(
        bars.buckets.numbered(peak, bars.now), sums[peak] * MICRO,
        bars.buckets.edges[shaded[-1][0]] if shaded else None, max(0, len(past) - len(sums)), len(past))


def _points(bucket: int, lines: list[PricedHour]) -> list[Point]:
    mark = least_certain(line.hour.finality for line in lines)
    costs = [line.cost for line in lines if line.cost]
    cpu, memory = (sum(micros(part) for part in parts) for parts in zip(
        *((cost.cpu, cost.memory) for cost in costs), strict=True))
    return [Point(bucket, "cpu", cpu, mark), Point(bucket, "memory", memory, mark)]
