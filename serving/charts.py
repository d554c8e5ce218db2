"""Charts as Bokeh documents: the server says what is drawn, `static/serving/charts.js` draws it.

Bars stand side by side by number, not by time, since an hour that the clocks repeat must not cover its twin.
Colours are names (`series-1` …): the page's style gives each its colour for light and for dark.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from bokeh.embed import json_item
from bokeh.models import BoxAnnotation, BoxZoomTool, ColumnDataSource, FixedTicker, HoverTool, Label, Range1d, Span
from bokeh.plotting import figure

from serving.figures import exact_bytes, period_text, round_bytes
from serving.queries.buckets import Bucket, Buckets, Granularity, stretches
from serving.queries.dimensions import Finality
from serving.queries.usage import Point

OTHERS = "others"
MOST_TICKS = 8  # more do not fit on a phone
BAR_TICKS_MIN = (5, 10, 15, 30, 60, 120, 180, 240, 360, 720)
BAR_TICKS_DAYS = (1, 2, 4, 7, 14, 28, 56, 91, 182, 365, 730, 1825, 3650)


@dataclass(frozen=True)
class Chart:
    """What the page embeds: the document, and the edges that a drag over the bars chooses from."""

    item: dict[str, Any]
    edges: list[str]

    def data(self) -> dict[str, Any]:
        return {"item": self.item, "edges": self.edges}


@dataclass(frozen=True)
class Bars:
    """What is drawn: points by bucket, in the order of `series` (None: the others) from the bottom up.

    `exact` and `short` are the words for a value: on hover, and at the axis.
    """

    buckets: Buckets
    points: Sequence[Point]
    series: Sequence[str | None]
    names: Mapping[str, str]
    now: datetime
    exact: Callable[[int], str] = exact_bytes
    short: Callable[[int], str] = round_bytes

    @property
    def provisional(self) -> list[bool]:
        """By bucket, whether any of its sums is provisional."""
        flags = [False] * len(self.buckets)
        for point in self.points:
            flags[point.bucket - 1] |= point.finality is Finality.PROVISIONAL
        return flags


def ranked(points: Sequence[Point]) -> list[str | None]:
    """The ids with the most first, the others (None) last."""
    sums: dict[str | None, int] = defaultdict(int)
    for point in points:
        sums[point.id] += point.value
    return sorted(sums, key=lambda id: (id is None, -sums[id], id or ""))


def usage_chart(bars: Bars, earlier: Sequence[Point] = (), height: int = 300) -> Chart:
    """Stacked bars, the provisional part shaded and its boundary drawn, an earlier period as a dashed line."""
    plot = new_plot(bars.buckets, height)
    top = _add_bars(plot, bars)
    top = max(top, _add_earlier(plot, earlier, len(bars.buckets)))
    add_boundaries(plot, bars.provisional, top)
    set_axes(plot, bars.buckets, top, bars.short)
    return chart_of(plot, bars.buckets)


def chart_of(plot: figure, buckets: Buckets) -> Chart:
    """A finished plot as the page embeds it."""
    edges = [edge.strftime("%Y-%m-%dT%H:%M:%SZ") for edge in buckets.edges]
    return Chart(dict(json_item(plot)), edges)


def new_plot(buckets: Buckets, height: int) -> figure:
    """An empty plot of bars numbered from 0, over which a drag zooms."""
    plot = figure(
        height=height, sizing_mode="stretch_width", tools="", toolbar_location=None, output_backend="canvas",
        x_range=Range1d(0, len(buckets)), min_border_left=4, min_border_right=12,
        background_fill_alpha=0, border_fill_alpha=0, outline_line_color=None)
    zoom = BoxZoomTool(dimensions="width")
    plot.add_tools(zoom)
    plot.toolbar.active_drag = zoom
    return plot


def _add_bars(plot: figure, bars: Bars) -> int:
    """Every bar, each on top of those before it: one set of glyphs, since each set costs. Returns the highest top."""
    tops = [0] * len(bars.buckets)
    gap = 0.12 if len(bars.buckets) <= 100 else 0.0
    whens = [when_text(bucket, bars.buckets) for bucket in bars.buckets.all(bars.now)]
    places = {id: place for place, id in enumerate(bars.series, 1)}
    columns: dict[str, list[Any]] = {name: [] for name in _COLUMNS}
    for point in sorted(bars.points, key=lambda point: places[point.id]):
        index = point.bucket - 1
        row = (
            index + gap, index + 1 - gap, float(tops[index]), float(tops[index] + point.value),
            0.5 if point.finality is Finality.PROVISIONAL else 1.0, bars.exact(point.value), point.finality.value,
            whens[index], bars.names.get(point.id, point.id) if point.id else OTHERS, swatch(point.id, places))
        for name, cell in zip(_COLUMNS, row, strict=True):
            columns[name].append(cell)
        tops[index] += point.value
    glyphs = plot.quad(
        left="left", right="right", bottom="bottom", top="top", fill_alpha="alpha", fill_color="fill", line_color=None,
        source=ColumnDataSource(columns | {"fill": ["gray"] * len(columns["top"])}), name="bars")
    plot.add_tools(hover(glyphs))
    return max(tops, default=0)


_COLUMNS = ("left", "right", "bottom", "top", "alpha", "value", "mark", "when", "who", "swatch")


def swatch(id: str | None, places: Mapping[str | None, int]) -> str:
    """The name of an id's colour; `places` counts from 1, the largest first."""
    return "series-others" if id is None or id not in places else f"series-{places[id]}"


def hover(renderer: Any) -> HoverTool:
    """The lines of a column source's who, value, when and mark, beside the pointer."""
    rows = [("", "@who"), ("", "@value"), ("", "@when"), ("", "@mark")]
    return HoverTool(renderers=[renderer], tooltips=rows, point_policy="follow_mouse")


def when_text(bucket: Bucket, buckets: Buckets) -> str:
    """A bar's time in words."""
    text = period_text(bucket.start, bucket.end, buckets.zone)
    return f"{text} (partial)" if bucket.partial else text


def _add_earlier(plot: figure, earlier: Sequence[Point], bars: int) -> int:
    sums: dict[int, int] = defaultdict(int)
    for point in earlier:
        sums[point.bucket - 1] += point.value
    places = sorted(place for place in sums if place < bars)
    if not places:
        return 0
    source = ColumnDataSource({
        "x": [place + 0.5 for place in places], "y": [float(sums[place]) for place in places],
        "who": ["compared with"] * len(places), "value": [exact_bytes(sums[place]) for place in places],
        "when": [f"bar {place + 1}" for place in places], "mark": [""] * len(places)})
    plot.step("x", "y", mode="center", source=source, line_dash="dashed", line_width=1.5, name="earlier")
    return max(sums.values())


def add_boundaries(plot: figure, provisional: list[bool], top: float) -> None:
    """Shade what is provisional; a line and a word where the last such stretch begins."""
    found = stretches(provisional)
    for low, high in found:
        plot.add_layout(BoxAnnotation(left=low, right=high, fill_alpha=0.08, line_color=None, name="provisional"))
    if found:
        low = found[-1][0]
        near_end = low > 0.6 * len(provisional)
        plot.add_layout(Span(
            location=low, dimension="height", line_dash="dashed", line_width=1, name="boundary"))
        plot.add_layout(Label(
            x=low, y=top * 1.04, text="provisional ▸", text_font_size="11px", name="boundary-label",
            text_align="right" if near_end else "left", x_offset=-6 if near_end else 6))


def set_axes(plot: figure, buckets: Buckets, top: int, short: Callable[[int], str]) -> None:
    """Round values up to `top` in their words, and full hours or days."""
    steps = value_ticks(top)
    plot.y_range = Range1d(0, max(top * 1.14, steps[-1] if steps else 1, 1))
    _label(plot.yaxis[0], {float(step): short(step) for step in steps})
    _label(plot.xaxis[0], time_ticks(buckets))
    plot.xgrid.grid_line_color = None
    plot.axis.minor_tick_line_color = None
    plot.axis.axis_line_color = None
    plot.axis.major_tick_line_color = None


def _label(axis: Any, labels: Mapping[float, str]) -> None:
    axis.ticker = FixedTicker(ticks=list(labels))
    axis.major_label_overrides = dict(labels)
    axis.major_label_text_font_size = "11px"


def value_ticks(top: int) -> list[int]:
    """Three to six round values from 0 up to `top`.

    >>> value_ticks(430)
    [0, 100, 200, 300, 400]
    """
    if top <= 0:
        return [0]
    size = 10 ** (len(str(top)) - 1)
    step = next(step for step in (size // 5, size // 2, size, 2 * size) if step and top / step <= 5)
    return list(range(0, top + 1, step))


def time_ticks(buckets: Buckets) -> dict[float, str]:
    """Place on the axis → its label: full hours or days of the zone, as many as fit."""
    walls = [edge.astimezone(buckets.zone) for edge in buckets.edges[:-1]]
    if buckets.granularity is not Granularity.DAY:
        for minutes in BAR_TICKS_MIN:
            places = [n for n, wall in enumerate(walls) if (wall.hour * 60 + wall.minute) % minutes == 0]
            if len(places) <= MOST_TICKS:
                return {float(n): _hour_label(walls[n]) for n in places}
    middle = 0.5 if buckets.granularity is Granularity.DAY else 0.0
    for days in BAR_TICKS_DAYS:
        places = [n for n, wall in enumerate(walls) if _begins(wall, days, middle > 0)]
        if len(places) <= MOST_TICKS:
            return {n + middle: _day_label(walls[n], days) for n in places}
    return {}


def _begins(wall: datetime, days: int, whole_day: bool) -> bool:
    return wall.toordinal() % days == 0 and (whole_day or wall.hour == wall.minute == 0)


def _hour_label(wall: datetime) -> str:
    return f"{wall:%H:%M}" if wall.hour or wall.minute else f"{wall.day} {wall:%b}"


def _day_label(wall: datetime, days: int) -> str:
    return f"{wall:%b %Y}" if days >= 56 else f"{wall.day} {wall:%b}"
