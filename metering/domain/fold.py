"""The reference: rollups in plain Python, slow and obvious. The other engines are judged by it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from metering.domain.event import Event
from metering.domain.rollup import Cut, Measure, MeasureKind, Rollup, floor_to

Key = tuple[object, ...]
View = dict[Key, tuple[int, ...]]
"""(window start in epoch microseconds, dimensions in the rollup's order) → the measures in their order."""

_LIFT: dict[MeasureKind, Callable[[Measure, Mapping[str, object]], int]] = {
    MeasureKind.SUM: lambda measure, values: int(str(values[str(measure.of)])),
    MeasureKind.COUNT: lambda measure, values: 1,
}

_MERGE: dict[MeasureKind, Callable[[int, int], int]] = {
    MeasureKind.SUM: lambda one, other: one + other,
    MeasureKind.COUNT: lambda one, other: one + other,
}


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
            (repeats if kept.content == event.content else conflicts).append(event)
    return Distinct(tuple(first.values()), tuple(repeats), tuple(conflicts))


def fold(rollup: Rollup, events: Iterable[Event], window_s: int | None = None) -> View:
    """Sum `events` (not deduplicated here) into the rollup's view; `window_s` overrides its window."""
    view: View = {}
    for event in events:
        start = floor_to(event.time_us, window_s or rollup.window_s)
        lifted = tuple(_LIFT[measure.kind](measure, event.values) for measure in rollup.measures)
        for cut in rollup.cuts:
            key = (start, *_dimensions(rollup, cut, event.values))
            view[key] = merge_values(rollup.measures, view[key], lifted) if key in view else lifted
    return view


def merge(rollup: Rollup, *views: View) -> View:
    """One view of many. Associative and commutative, with the empty view as its neutral element."""
    merged: View = {}
    for view in views:
        for key, values in view.items():
            merged[key] = merge_values(rollup.measures, merged[key], values) if key in merged else values
    return merged


def merge_values(
    measures: Sequence[Measure], one: Sequence[int], other: Sequence[int]
) -> tuple[int, ...]:
    """The measures of two halves as those of the whole."""
    return tuple(_MERGE[measure.kind](a, b) for measure, a, b in zip(measures, one, other, strict=True))


def _dimensions(rollup: Rollup, cut: Cut, values: Mapping[str, object]) -> tuple[object, ...]:
    return tuple(
        cut.constants[column] if column in cut.constants else values[cut.takes[column]]
        for column in rollup.dimensions
    )
