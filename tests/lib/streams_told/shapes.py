"""The words in which the checker describes a stream: fields, measures, rollups and their tables."""

from __future__ import annotations

from collections import namedtuple
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import Enum
from functools import cached_property
from typing import Any


class Kind(Enum):
    """What a field of a message may be."""

    TIME = "epoch seconds"
    IDENTIFIER = "an identifier"
    WHOLE = "a whole number"
    PERCENT = "a number, by the double it is read as"
    MONEY = "a number or decimal text, by its spelling"


@dataclass(frozen=True)
class Field:
    """A field of a message. `must` False: it may be missing, and counts as `default`; a time as Kafka's append time.

    `null_is_unknown`: the key must be there, null says that nobody knows. `also`: other names that it is sent under.
    """

    name: str
    kind: Kind
    low: int = 0
    high: int = 0
    decimals: int = 0
    must: bool = True
    null_is_unknown: bool = False
    default: str | int | None = None
    also: tuple[str, ...] = ()

    @cached_property
    def names(self) -> tuple[str, ...]:
        """All names it may have."""
        return (self.name, *self.also)


EVENT_ID = Field("event_id", Kind.IDENTIFIER, must=False)

Values = tuple[Any, ...]
Lift = Callable[[Values], Any]


@dataclass(frozen=True)
class Sum:
    """The sum of a field, times another where `times` names one; an event counts where all named fields are known."""

    column: str
    of: str
    times: str = ""
    where: str = ""

    @property
    def columns(self) -> tuple[str, ...]:
        """Its columns in the tables."""
        return (self.column,)

    def lift(self, place_of: Mapping[str, int]) -> Lift:
        """What an event adds, by the place of each field among an event's values."""
        value, others = place_of[self.of], [place_of[name] for name in (self.times, self.where) if name]
        factor = place_of[self.times] if self.times else None

        def lifted(values: Values) -> Any:
            if values[value] is None or any(values[other] is None for other in others):
                return 0
            return values[value] if factor is None else values[value] * values[factor]

        return lifted

    def join(self, one: Any, other: Any) -> Any:
        """Of two parts the whole."""
        return one + other

    def read(self, columns: Values) -> Any:
        """The measure of a table's columns."""
        return columns[0]


@dataclass(frozen=True)
class Count(Sum):
    """How many events; with a field, how many in which it is known."""

    of: str = ""

    def lift(self, place_of: Mapping[str, int]) -> Lift:
        """One for each event that counts."""
        if not self.of:
            return lambda values: 1
        known = place_of[self.of]
        return lambda values: int(values[known] is not None)


@dataclass(frozen=True)
class Peak:
    """A field's greatest value and the earliest time of it, held as (value, −time), so that the greater one wins."""

    column: str
    time_column: str
    of: str

    @property
    def columns(self) -> tuple[str, ...]:
        """Its columns in the tables."""
        return (self.column, self.time_column)

    def lift(self, place_of: Mapping[str, int]) -> Lift:
        """The event's own value and time; the time is the first of an event's values."""
        value = place_of[self.of]
        return lambda values: None if values[value] is None else (values[value], -values[0])

    def join(self, one: Any, other: Any) -> Any:
        """Of two parts the whole; None: nothing is known."""
        if one is None or other is None:
            return one if other is None else other
        return max(one, other)

    def read(self, columns: Values) -> Any:
        """The measure of a table's columns; a time without a value, or the reverse, is like no measure at all."""
        if None in columns:
            return None if columns == (None, None) else columns
        return columns[0], -columns[1]


Measure = Sum | Peak


@dataclass(frozen=True)
class Cut:
    """One grouping of the events: by column a field of the event, or a fixed text."""

    fields: Mapping[str, str]
    fixed: Mapping[str, str]


@dataclass(frozen=True)
class RollupTold:
    """A rollup and its tables. `window` and `hour` name the window's column in those by window and in those by hour."""

    name: str
    window_s: int
    window: str
    dimensions: tuple[str, ...]
    cuts: tuple[Cut, ...]
    measures: tuple[Measure, ...]
    realtime: str
    batch: str
    merged: str
    hourly_batch: str
    hourly_merged: str
    hour: str = ""

    @cached_property
    def tables(self) -> tuple[str, ...]:
        """All tables and views."""
        return (self.realtime, self.batch, self.hourly_batch, self.merged, self.hourly_merged)

    def window_column(self, table: str) -> str:
        """What a table or view calls the window's start."""
        return (self.hour or self.window) if table in (self.hourly_batch, self.hourly_merged) else self.window


@dataclass(frozen=True)
class Share:
    """A sum that is told a second time: a measure of a rollup, where these columns have these values."""

    rollup: str
    measure: str
    where: tuple[tuple[str, str], ...] = ()

    def __str__(self) -> str:
        return " ".join([f"{self.rollup}.{self.measure}", *(value for _, value in self.where)])


@dataclass(frozen=True)
class StreamTold:
    """All that the checker knows of a stream, from the documents.

    `added`: columns of the archive that no message carries. `equal`: sums that are the same in every hour of every
    table. `recent`: the table of the last days' events. `panes`: whether windows are fired as panes.
    """

    topic: str
    fields: tuple[Field, ...]
    rollups: tuple[RollupTold, ...]
    added: tuple[str, ...] = ()
    equal: tuple[tuple[Share, ...], ...] = ()
    recent: str = ""
    panes: bool = False

    @cached_property
    def time(self) -> Field:
        """The field of the event time."""
        return next(field for field in self.fields if field.kind is Kind.TIME)

    @cached_property
    def values(self) -> tuple[Field, ...]:
        """The fields but the time."""
        return tuple(field for field in self.fields if field.kind is not Kind.TIME)

    @cached_property
    def all_fields(self) -> tuple[Field, ...]:
        """The fields, and the event_id that every stream has."""
        return (*self.fields, EVENT_ID)

    @cached_property
    def content(self) -> Any:
        """The type of what a message says: the time in microseconds, the fields, the event_id."""
        return namedtuple("Content", ["event_us", *(field.name for field in self.values), EVENT_ID.name])

    @cached_property
    def place_of(self) -> Mapping[str, int]:
        """Where each field and added column stands in an event's values, content first."""
        return {name: place for place, name in enumerate((*self.content._fields, *self.added))}

    @cached_property
    def is_spelt(self) -> bool:
        """Whether the spelling of a number matters."""
        return any(field.kind is Kind.MONEY for field in self.fields)
