"""The pane tables of a stream by name, and the identifiers that their statements are filled with."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cached_property

from psycopg2 import sql

from metering.domain.rollup import Cut, Measure, Rollup
from metering.domain.stream import Panes, Stream
from metering.sql import statement
from metering.store.rollups import identifiers

PANE_TABLES = ("pane", "pending", "pane_input", "identity", "too_late")
"""What a stream's panes are kept in: a table each, named after the topic."""

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


def to_micros(moment: datetime) -> int:
    """Epoch microseconds, exact."""
    return (moment - EPOCH) // _MICROSECOND


def from_micros(micros: int) -> datetime:
    return EPOCH + timedelta(microseconds=micros)


@dataclass(frozen=True)
class PaneTables:
    """What a stream's panes are made of and where they are kept."""

    stream: Stream
    declared: Panes

    @cached_property
    def rollup(self) -> Rollup:
        return self.stream.rollup(self.declared.rollup)

    @property
    def cut(self) -> Cut:
        return self.rollup.cuts[0]

    @cached_property
    def measure(self) -> Measure:
        """The sum that panes hold."""
        return next(iter(self.stream.pane_types.values()))

    @property
    def width(self) -> timedelta:
        return timedelta(seconds=self.rollup.window_s)

    @property
    def key(self) -> tuple[str, ...]:
        """The columns that name a window of a key."""
        return (*self.rollup.dimensions, "window_start")

    def name(self, what: str) -> str:
        """The table of one of PANE_TABLES."""
        return f"{self.stream.topic}_{what}"

    def table(self, what: str) -> sql.Identifier:
        return sql.Identifier(self.name(what))

    def statement(self, name: str, **parts: sql.Composable) -> sql.Composed:
        """`panes/name`.sql with what all of them may name filled in, and `parts`."""
        return statement(f"panes/{name}", **{**self._parts, **parts})

    @cached_property
    def _parts(self) -> Mapping[str, sql.Composable]:
        dimensions = self.rollup.dimensions
        effect = (*self.key, "value")
        return {
            "dimensions": identifiers(dimensions),
            "key": identifiers(self.key),
            "holder_dimensions": qualified("holder", dimensions),
            "fed_dimensions": qualified("fed", dimensions),
            "holder_effect": qualified("holder", effect),
            "arrived_effect": qualified("arrived", effect),
            "excluded_effect": qualified("excluded", effect),
            "take_over": replaced(effect),
            "pending_key": qualified("pending", self.key),
            "pane_key": qualified("pane", self.key),
            "stepped_key": qualified("stepped", self.key),
            "identity": self.table("identity"),
            "pending": self.table("pending"),
            "judged": sql.Identifier(f"judged_{self.stream.topic}"),
            "fed": sql.Identifier(f"fed_{self.stream.topic}"),
        }


def tables_of(stream: Stream) -> PaneTables | None:
    """The pane tables of a stream that fires panes."""
    return PaneTables(stream, stream.panes) if stream.panes else None


def qualified(row: str, columns: Sequence[str]) -> sql.Composed:
    """`row.column, …`"""
    return sql.SQL(", ").join(sql.Identifier(row, column) for column in columns)


def replaced(columns: Sequence[str]) -> sql.Composed:
    """`column = EXCLUDED.column, …`"""
    return sql.SQL(", ").join(
        sql.SQL("{column} = EXCLUDED.{column}").format(column=sql.Identifier(column)) for column in columns)
