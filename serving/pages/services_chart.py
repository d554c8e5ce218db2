"""The chart of services, and what it says in words."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from serving.charts import Chart
from serving.line_chart import Line, Lines, Peak, percent_chart
from serving.pages.lines import LegendLine
from serving.queries.buckets import Buckets, stretches
from serving.queries.services import MEASURES, Reading, ServiceUse

NAMES = {"cpu": "CPU", "ram": "RAM", "disk": "Disk"}
SWATCHES = {name: f"series-{place}" for place, name in enumerate(MEASURES, 1)}


@dataclass(frozen=True)
class PeakLine:
    """A measure's average and highest sample, for a sentence."""

    name: str
    reading: Reading


@dataclass(frozen=True)
class ServicesSummary:
    """What the chart shows: each measure in short, since when it is provisional, bars without any samples."""

    measures: Sequence[PeakLine]
    provisional_from: datetime | None
    empty_bars: int
    bars: int


def services_lines(points: Sequence[ServiceUse], whole: ServiceUse, buckets: Buckets, now: datetime) -> Lines:
    """The averages by bar. `whole` is all of `points` together."""
    lines = [
        Line(
            NAMES[name], SWATCHES[name], {point.bucket: point.readings[name].average for point in points},
            _peak(whole.readings[name], buckets))
        for name in MEASURES]
    return Lines(buckets, lines, {point.bucket: point.finality for point in points}, now)


def services_chart(drawn: Lines) -> Chart:
    return percent_chart(drawn)


def legend() -> list[LegendLine]:
    return [LegendLine(SWATCHES[name], "", f"{NAMES[name]} on average") for name in MEASURES]


def services_summary(drawn: Lines, whole: ServiceUse) -> ServicesSummary:
    """The same in figures."""
    past = [bucket for bucket in drawn.buckets.all(drawn.now) if bucket.start <= drawn.now]
    shaded = stretches(drawn.provisional)
    return ServicesSummary(
        [PeakLine(NAMES[name], whole.readings[name]) for name in MEASURES],
        drawn.buckets.edges[shaded[-1][0]] if shaded else None, max(0, len(past) - len(drawn.marks)), len(past))


def _peak(reading: Reading, buckets: Buckets) -> Peak | None:
    """Where the highest sample lies; None where nothing is known."""
    if reading.peak is None or reading.peak_time is None:
        return None
    when = reading.peak_time.astimezone(buckets.zone)
    return Peak(
        buckets.number_of(reading.peak_time), reading.peak, f"{reading.peak_service}, {when:%Y-%m-%d %H:%M:%S}")
