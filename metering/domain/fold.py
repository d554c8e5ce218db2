"""The reference: rollups in plain Python, slow and obvious. The other engines are judged by it."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from metering.domain.event import Event
from metering.domain.rollup import Cut, Measure, MeasureKind, Rollup, floor_to

Key = tuple[object, ...]
Value = int | Decimal | None
View = dict[Key, tuple[Value, ...]]
"""(window start in epoch microseconds, dimensions in the rollup's order) → the measures in their order.

The time of a maximum is in epoch microseconds too; None: unknown.
"""

_LIFT: dict[MeasureKind, Callable[[Measure, Event], Value]] = {
    MeasureKind.SUM: lambda measure, event: math.prod(_numbers(measure, event)),
    MeasureKind.COUNT: lambda measure, event: 1,
    MeasureKind.MAX: lambda measure, event: _numbers(measure, event)[0],
    MeasureKind.MAX_TIME: lambda measure, event: event.time_us,
}


def _numbers(measure: Measure, event: Event) -> list[Any]:
    return [event.known[name] for name in (measure.of, measure.weight) if name]


@dataclass(frozen=True)
class Distinct:
    """The outcome of choosing the first of each identity. `repeats` and `conflicts` are not counted."""

    first: tuple[Event, ...]
    repeats: tuple[Event, ...]
    conflicts: tuple[Event, ...]


def distinct(events: Iterable[Event]) -> Distinct:
    """Keep the first of each identity by (ingest time, partition, offset).

    Another event of the identity is a repeat; one with other content is a conflict. Order of input does not
    matter; a second run over `first` keeps them all.
    """
    first: dict[tuple[object, ...], Event] = {}
    repeats: list[Event] = []
    conflicts: list[Event] = []
    for event in sorted(events, key=lambda event: event.arrival):
        kept = first.setdefault(event.identity, event)
        if kept is not event:
            (repeats if kept.says_the_same_as(event) else conflicts).append(event)
    return Distinct(tuple(first.values()), tuple(repeats), tuple(conflicts))


def fold(rollup: Rollup, events: Iterable[Event], window_s: int | None = None) -> View:
    """Sum `events` (not deduplicated here) into the rollup's view; `window_s` overrides its window."""
    view: View = {}
    for event in events:
        start = floor_to(event.time_us, window_s or rollup.window_s)
        lifted = tuple(_lift(measure, event) for measure in rollup.measures)
        for cut in rollup.cuts:
            key = (start, *_dimensions(rollup, cut, event.known))
            view[key] = merge_values(rollup, view[key], lifted) if key in view else lifted
    return view


def merge(rollup: Rollup, *views: View) -> View:
    """One view of many. Associative and commutative, with the empty view as its neutral element."""
    merged: View = {}
    for view in views:
        for key, values in view.items():
            merged[key] = merge_values(rollup, merged[key], values) if key in merged else values
    return merged


def merge_values(rollup: Rollup, one: Sequence[Value], other: Sequence[Value]) -> tuple[Value, ...]:
    """The measures of two halves as those of the whole."""
    first, second = (dict(zip(rollup.measures, values, strict=True)) for values in (one, other))
    merged: list[Value] = []
    for measure in rollup.measures:
        if measure.kind is MeasureKind.MAX_TIME:
            peak = rollup.maximum_of(measure)
            merged.append(_earlier_peak((first[peak], first[measure]), (second[peak], second[measure])))
        else:
            merged.append(_MERGE[measure.kind](first[measure], second[measure]))
    return tuple(merged)


def _lift(measure: Measure, event: Event) -> Value:
    """What one event adds to a measure; nothing where it lacks a field that the measure needs."""
    if any(event.known[name] is None for name in measure.fields):
        return 0 if measure.is_additive else None
    return _LIFT[measure.kind](measure, event)


def _greater(one: Any, other: Any) -> Value:
    return max((value for value in (one, other) if value is not None), default=None)


def _earlier_peak(one: tuple[Any, Any], other: tuple[Any, Any]) -> Value:
    """The time of the greater maximum, of two equal ones the earlier; each is (maximum, its time)."""
    known = [peak for peak in (one, other) if peak[0] is not None]
    return min(known, key=lambda peak: (-peak[0], peak[1]))[1] if known else None


_MERGE: dict[MeasureKind, Callable[[Any, Any], Value]] = {
    MeasureKind.SUM: lambda one, other: one + other,
    MeasureKind.COUNT: lambda one, other: one + other,
    MeasureKind.MAX: _greater,
}


def _dimensions(rollup: Rollup, cut: Cut, values: Mapping[str, object]) -> tuple[object, ...]:
    return tuple(
        cut.constants[column] if column in cut.constants else values[cut.takes[column]]
        for column in rollup.dimensions
    )
