"""What a rollup is: a window, the cuts it is grouped by, and measures that merge."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum

HOUR_S = 3600
MICROSECONDS = 1_000_000


class MeasureKind(Enum):
    """Measures that merge: the value of two halves follows from the halves' values.

    A new kind needs one entry in each engine: domain/fold.py, arrow/partial.py, batch_layer/views.py,
    store/rollups.py and, for the merged views, serving/schema/declared.py.
    """

    SUM = "sum"
    COUNT = "count"
    MAX = "maximum"
    MAX_TIME = "the earliest time of the maximum"


_ADDITIVE = (MeasureKind.SUM, MeasureKind.COUNT)


@dataclass(frozen=True)
class Measure:
    """A column of a rollup, taken from the field `of`; a plain count has none.

    A SUM multiplies by the field `weight`, where there is one. An event counts only where every field that is
    named here is known: a sum of nothing is 0, a maximum of nothing and its time are null. `decimals`: digits after
    the point, those of the field. A MAX_TIME goes with the MAX of the same field.
    """

    column: str
    kind: MeasureKind
    of: str | None = None
    weight: str | None = None
    given: str | None = None
    decimals: int = 0

    @property
    def fields(self) -> tuple[str, ...]:
        """The fields it needs to know, each once."""
        return tuple(dict.fromkeys(name for name in (self.of, self.weight, self.given) if name))

    @property
    def is_additive(self) -> bool:
        """Whether its values over parts add up to the value of the whole."""
        return self.kind in _ADDITIVE


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
    the view readers use; `hourly_batch` and `hourly_merged` are the same by hour, or None. `key` orders the key's
    columns, the window's column among them; in the tables by hour `hourly_window_column` stands in its place.
    `parquet_by`: the dimension for each of whose values the batch view is also a Parquet file.
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
    hourly_window_column: str | None = None
    parquet_by: str | None = None

    def __post_init__(self) -> None:
        for measure in self.measures:
            if measure.kind is MeasureKind.MAX_TIME:
                self.maximum_of(measure)

    @property
    def dimensions(self) -> tuple[str, ...]:
        """The key's columns without the window's."""
        return tuple(column for column in self.key if column != self.window_column)

    @property
    def columns(self) -> tuple[str, ...]:
        """The key's columns, then the measures'."""
        return (*self.key, *(measure.column for measure in self.measures))

    @property
    def hour_column(self) -> str:
        """What the tables by hour call the window's column."""
        return self.hourly_window_column or self.window_column

    @property
    def additive(self) -> tuple[Measure, ...]:
        """The measures that add up, of which a total can be told and proven."""
        return tuple(measure for measure in self.measures if measure.is_additive)

    def maximum_of(self, time: Measure) -> Measure:
        """The MAX whose time a MAX_TIME is."""
        for measure in self.measures:
            if measure.kind is MeasureKind.MAX and measure.of == time.of:
                return measure
        raise ValueError(f"rollup {self.name!r}: {time.column!r} needs a maximum of {time.of!r} beside it")

    def type_of(self, cut: Cut, measure: Measure) -> str:
        """What books call a measure of a cut: the cut's constants, else `rollup.column`."""
        named = " ".join(cut.constants.values())
        if not named:
            return f"{self.name}.{measure.column}"
        return named if measure == self.additive[0] else f"{named}.{measure.column}"


def floor_to(time_us: int, window_s: int) -> int:
    """Start of the half-open UTC window of `window_s` seconds that holds `time_us` (epoch microseconds).

    >>> floor_to(1_613_768_699_999_999, 300)
    1613768400000000
    """
    width = window_s * MICROSECONDS
    return time_us - time_us % width
