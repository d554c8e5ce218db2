"""What a rollup is: a window, the cuts it is grouped by, and measures that merge."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum

HOUR_S = 3600
MICROSECONDS = 1_000_000


class MeasureKind(Enum):
    """Measures that merge: the value of two halves follows from the halves' values.

    A new kind needs one entry in each engine: domain/fold.py, arrow/partial.py, spark/views.py, store/merge.py.
    """

    SUM = "sum"
    COUNT = "count"


@dataclass(frozen=True)
class Measure:
    """A column of a rollup. `of` is the field it is taken from; a count has none."""

    column: str
    kind: MeasureKind
    of: str | None = None


@dataclass(frozen=True)
class Cut:
    """One grouping: `takes` maps a column to an event's field, `constants` a column to a fixed text."""

    takes: Mapping[str, str]
    constants: Mapping[str, str] = field(default_factory=dict)

    def __hash__(self) -> int:
        return hash((*self.takes.items(), *self.constants.items()))


@dataclass(frozen=True)
class Rollup:
    """A view declared once and computed by every engine.

    Tables: `realtime` holds the speed layer's partial sums by generation, `batch` the exact ones, `merged` is
    the view readers use; `hourly_batch` and `hourly_merged` are the same by hour, or None.
    `key` orders the key's columns, the window's column among them.
    """

    name: str
    window_s: int
    window_column: str
    key: tuple[str, ...]
    cuts: tuple[Cut, ...]
    measures: tuple[Measure, ...]
    realtime: str
    batch: str
    merged: str
    hourly_batch: str | None = None
    hourly_merged: str | None = None

    @property
    def dimensions(self) -> tuple[str, ...]:
        """The key's columns without the window's."""
        return tuple(column for column in self.key if column != self.window_column)


def floor_to(time_us: int, window_s: int) -> int:
    """Start of the half-open UTC window of `window_s` seconds that holds `time_us` (epoch microseconds).

    >>> floor_to(1_613_768_699_999_999, 300)
    1613768400000000
    """
    width = window_s * MICROSECONDS
    return time_us - time_us % width
