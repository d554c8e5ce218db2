"""Percents over time as lines: a gap where nothing is known, a triangle where the highest sample lies."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from math import nan
from typing import Any

from bokeh.models import ColumnDataSource
from bokeh.plotting import figure

from serving.charts import Chart, add_boundaries, chart_of, hover, new_plot, set_axes, when_text
from serving.percents import exact_percent
from serving.queries.buckets import Buckets
from serving.queries.dimensions import Finality

MOST_POINTS = 120  # more of them hide the line


@dataclass(frozen=True)
class Peak:
    """The highest sample: where, what, and in words whose and when."""

    bucket: int
    value: Decimal
    words: str


@dataclass(frozen=True)
class Line:
    """One line. `values` by bucket (from 1); a bucket that is absent or None is a gap."""

    name: str
    swatch: str
    values: Mapping[int, Decimal | None]
    peak: Peak | None = None


@dataclass(frozen=True)
class Lines:
    """What is drawn, and by bucket how far it can be trusted."""

    buckets: Buckets
    lines: Sequence[Line]
    marks: Mapping[int, Finality]
    now: datetime

    @property
    def provisional(self) -> list[bool]:
        """By bucket, whether it is provisional."""
        return [self.marks.get(number) is Finality.PROVISIONAL for number in range(1, len(self.buckets) + 1)]


def percent_chart(drawn: Lines, height: int = 300) -> Chart:
    """The lines with their points, the provisional part shaded, the peaks marked."""
    plot = new_plot(drawn.buckets, height)
    whens = [when_text(bucket, drawn.buckets) for bucket in drawn.buckets.all(drawn.now)]
    for line in drawn.lines:
        _add_line(plot, line, drawn, whens)
    for line in drawn.lines:
        _add_peak(plot, line)
    top = _top(drawn.lines)
    add_boundaries(plot, drawn.provisional, top)
    set_axes(plot, drawn.buckets, top, "{} %".format)
    return chart_of(plot, drawn.buckets)


def _add_line(plot: figure, line: Line, drawn: Lines, whens: Sequence[str]) -> None:
    numbers = range(1, len(drawn.buckets) + 1)
    values = [line.values.get(number) for number in numbers]
    source = ColumnDataSource({
        "x": [number - 0.5 for number in numbers], "y": [nan if value is None else float(value) for value in values],
        "who": [line.name] * len(numbers), "value": [exact_percent(value) for value in values], "when": list(whens),
        "mark": [drawn.marks[number].value if number in drawn.marks else "" for number in numbers],
        "swatch": [line.swatch] * len(numbers), "fill": ["gray"] * len(numbers)})
    plot.line("x", "y", source=source, line_width=2, name="line")
    size = 5 if len(numbers) <= MOST_POINTS else 2
    points = plot.scatter("x", "y", source=source, size=size, fill_color="fill", line_color=None, name="points")
    plot.add_tools(hover(points))


def _add_peak(plot: figure, line: Line) -> None:
    if line.peak is None:
        return
    columns: dict[str, Any] = {
        "x": [line.peak.bucket - 0.5], "y": [float(line.peak.value)], "who": [f"peak of {line.name}"],
        "value": [exact_percent(line.peak.value)], "when": [line.peak.words], "mark": [""], "swatch": [line.swatch],
        "fill": ["gray"]}
    peak = plot.scatter(
        "x", "y", source=ColumnDataSource(columns), marker="inverted_triangle", size=12, fill_color="fill",
        line_color=None, name="peak")
    plot.add_tools(hover(peak))


def _top(lines: Sequence[Line]) -> int:
    """The axis ends at the highest value, at most at 100 %."""
    values = [value for line in lines for value in line.values.values() if value is not None]
    values += [line.peak.value for line in lines if line.peak]
    return min(100, int(max(values, default=Decimal(0))) + 1)
