"""How well a model's probabilities are borne out: said against clicked, bin by bin."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from bokeh.embed import json_item
from bokeh.models import ColumnDataSource, FixedTicker, Range1d
from bokeh.plotting import figure

from serving.charts import Chart, hover

_MARGIN = 0.03  # a point on an edge is seen whole
_TICKS = (0.0, 0.2, 0.4, 0.6, 0.8, 1.0)


def calibration_chart(bins: Sequence[Mapping[str, Any]], height: int = 260) -> Chart:
    """A point for each bin that has customers, and the line on which a perfect model's lie."""
    axis = {"start": -_MARGIN, "end": 1 + _MARGIN}
    plot = figure(
        height=height, sizing_mode="stretch_width", tools="", toolbar_location=None, output_backend="canvas",
        x_range=Range1d(**axis), y_range=Range1d(**axis), min_border_left=4, min_border_right=12,
        background_fill_alpha=0, border_fill_alpha=0, outline_line_color=None)
    plot.line("x", "y", source=ColumnDataSource({"x": [0.0, 1.0], "y": [0.0, 1.0]}), line_dash="dashed", name="earlier")
    source = ColumnDataSource(_points([one for one in bins if one["customers"]]))
    plot.add_tools(hover(plot.scatter(
        "x", "y", source=source, size=9, fill_color="fill", line_color=None, name="points")))
    for one in plot.axis:
        one.ticker = FixedTicker(ticks=list(_TICKS))
        one.major_label_overrides = {tick: f"{tick:g}" for tick in _TICKS}
    plot.axis.minor_tick_line_color = None
    return Chart(dict(json_item(plot)), [])


def _points(bins: Sequence[Mapping[str, Any]]) -> dict[str, list[Any]]:
    return {
        "x": [float(one["probability"]) for one in bins], "y": [float(one["clicked"]) for one in bins],
        "who": [f"probability {one['from']:g} to {one['to']:g}" for one in bins],
        "value": [f"said {one['probability']:.3f}, clicked {one['clicked']:.3f}" for one in bins],
        "when": [f"{one['customers']:,} customers" for one in bins], "mark": [""] * len(bins),
        "swatch": ["series-1"] * len(bins), "fill": ["gray"] * len(bins)}
