"""Two views of the same rollup, value by value."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from metering.domain.fold import Key, Value, View
from metering.domain.rollup import MeasureKind, Rollup

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_NO_ROW = "no row"


@dataclass(frozen=True)
class Difference:
    """One value that two views do not agree on, as text for a person. `key`: dimensions, then the window's start."""

    key: str
    column: str
    counted: str
    published: str

    def __str__(self) -> str:
        return f"{self.key} {self.column}: map-reduce {self.counted}, batch view {self.published}"


def differences(rollup: Rollup, counted: View, published: View) -> Iterator[Difference]:
    """Where the views differ, in order of the key. A row that only one of them has is one difference."""
    for key in sorted({*counted, *published}, key=str):
        told = " ".join([*map(str, key[1:]), time_text(key[0])])
        if key not in counted or key not in published:
            sides = (_NO_ROW if key not in view else "a row" for view in (counted, published))
            yield Difference(told, "the row", *sides)
            continue
        yield from _unequal(rollup, told, key, counted, published)


def _unequal(rollup: Rollup, told: str, key: Key, counted: View, published: View) -> Iterator[Difference]:
    for measure, one, other in zip(rollup.measures, counted[key], published[key], strict=True):
        if one != other:
            is_time = measure.kind is MeasureKind.MAX_TIME
            texts = (_text(value, is_time=is_time) for value in (one, other))
            yield Difference(told, measure.column, *texts)


def _text(value: Value, *, is_time: bool) -> str:
    if value is None:
        return "unknown"
    return time_text(value) if is_time else str(value)


def time_text(micros: object) -> str:
    """Epoch microseconds as ISO 8601, UTC.

    >>> time_text(1613768400000000)
    '2021-02-19T21:00:00+00:00'
    """
    return (_EPOCH + timedelta(microseconds=int(str(micros)))).isoformat()
