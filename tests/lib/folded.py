"""Rollups by plain Python: events added up by key, parts merged, windows made hours."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from tests.lib.message_rules import HOUR_US
from tests.lib.streams_told.shapes import Cut, RollupTold, StreamTold

if TYPE_CHECKING:
    from tests.lib.evidence import Row

Key = tuple[Any, ...]
View = dict[Key, tuple[Any, ...]]
"""(start of the window in microseconds, dimensions in their order) → the measures in theirs."""


def fold(stream: StreamTold, rollup: RollupTold, rows: Iterable[Row]) -> View:
    """The rollup over all of these rows, none left out."""
    lifts = [measure.lift(stream.place_of) for measure in rollup.measures]
    cuts = [_parts(stream, rollup, cut) for cut in rollup.cuts]
    width_us = rollup.window_s * 1_000_000
    view: View = {}
    for row in rows:
        values = (*row.content, *row.added)
        lifted = tuple([lift(values) for lift in lifts])
        start = values[0] // width_us * width_us
        for parts in cuts:
            add(rollup, view, (start, *[values[part] if isinstance(part, int) else part for part in parts]), lifted)
    return view


def _parts(stream: StreamTold, rollup: RollupTold, cut: Cut) -> list[int | str]:
    """By dimension the place of an event's value, or the fixed text."""
    return [
        cut.fixed[column] if column in cut.fixed else stream.place_of[cut.fields[column]]
        for column in rollup.dimensions]


def add(rollup: RollupTold, view: View, key: Key, values: tuple[Any, ...]) -> None:
    """Add values to what the view has of a key."""
    known = view.get(key)
    view[key] = values if known is None else tuple([
        measure.join(one, other) for measure, one, other in zip(rollup.measures, known, values, strict=True)])


def merge(rollup: RollupTold, views: Iterable[View]) -> View:
    """One view of many."""
    merged: View = {}
    for view in views:
        for key, values in view.items():
            add(rollup, merged, key, values)
    return merged


def by_hour(rollup: RollupTold, view: View) -> View:
    """The view of the hours of these windows."""
    hours: View = {}
    for (start, *dimensions), values in view.items():
        add(rollup, hours, (start // HOUR_US * HOUR_US, *dimensions), values)
    return hours
