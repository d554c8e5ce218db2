"""Counts over time: bars of one kind, or a line a value. What they share with the other charts is in charts.py."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from bokeh.models import ColumnDataSource
from bokeh.plotting import figure

from serving.charts import Chart, chart_of, hover, new_plot, set_axes, when_text
from serving.figures import short_count
from serving.queries.buckets import Buckets

MOST_POINTS = 120  # more of them hide the line


@dataclass(frozen=True)
class CountLine:
    """Counts by bucket (from 1) under a name and the name of a colour; a bucket that is absent counts nothing."""

    name: str
    swatch: str
    counts: Mapping[int, int]


def count_bars(buckets: Buckets, line: CountLine, now: datetime, height: int = 200) -> Chart:
    """A bar a bucket."""
    plot = new_plot(buckets, height)
    gap = 0.12 if len(buckets) <= 100 else 0.0
    columns = _columns(buckets, line, now)
    columns |= {
        "left": [place + gap for place in range(len(buckets))],
        "right": [place + 1 - gap for place in range(len(buckets))],
        "bottom": [0.0] * len(buckets)}
    bars = plot.quad(
        left="left", right="right", bottom="bottom", top="y", fill_color="fill", line_color=None,
        source=ColumnDataSource(columns), name="bars")
    plot.add_tools(hover(bars))
    return _finished(plot, buckets, [line])


def count_lines(buckets: Buckets, lines: Sequence[CountLine], now: datetime, height: int = 220) -> Chart:
    """A line a value."""
    plot = new_plot(buckets, height)
    for line in lines:
        columns = _columns(buckets, line, now)
        columns["x"] = [place + 0.5 for place in range(len(buckets))]
        source = ColumnDataSource(columns)
        plot.line("x", "y", source=source, line_width=2, name="line")
        size = 5 if len(buckets) <= MOST_POINTS else 2
        plot.add_tools(hover(plot.scatter(
            "x", "y", source=source, size=size, fill_color="fill", line_color=None, name="points")))
    return _finished(plot, buckets, lines)


def _columns(buckets: Buckets, line: CountLine, now: datetime) -> dict[str, list[object]]:
    counts = [line.counts.get(number, 0) for number in range(1, len(buckets) + 1)]
    return {
        "y": [float(count) for count in counts], "value": [f"{count:,}" for count in counts],
        "who": [line.name] * len(counts), "when": [when_text(bucket, buckets) for bucket in buckets.all(now)],
        "mark": [""] * len(counts), "swatch": [line.swatch] * len(counts), "fill": ["gray"] * len(counts)}


def _finished(plot: figure, buckets: Buckets, lines: Sequence[CountLine]) -> Chart:
    top = max((count for line in lines for count in line.counts.values()), default=0)
    set_axes(plot, buckets, top, short_count)
    return chart_of(plot, buckets)
