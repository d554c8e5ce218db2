"""What a stream is: a topic, its fields with their rules, and the rollups counted from it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import Enum
from functools import cached_property
from string import ascii_letters, digits

from metering.domain.rollup import Measure, MeasureKind, Rollup

IDENTIFIER_BEGINS = ascii_letters + digits
IDENTIFIER_CHARACTERS = IDENTIFIER_BEGINS + "._:-"
IDENTIFIER_LENGTH = 64
IDENTIFIER_PATTERN = r"^[A-Za-z0-9][A-Za-z0-9._:-]{0,63}$"
"""RE2 and Python agree on it, but for `$`: Python needs `fullmatch`, since its `$` forgives a newline."""

IDENTIFIER = re.compile(IDENTIFIER_PATTERN[1:-1])

EVENT_ID = "event_id"


class Kind(Enum):
    """The kinds of field. Each is judged by domain/judge.py and read by arrow/decode.py."""

    TIME = "epoch seconds, UTC, a JSON number"
    IDENTIFIER = "text of letters, digits and ._:-"
    INTEGER = "a whole number"
    DECIMAL = "a number"
    TEXT = "any text; of added fields only"
    REAL = "a double; of added fields only"


@dataclass(frozen=True)
class Field:
    """One field of an event. `low` and `high` are inclusive and belong to INTEGER and DECIMAL.

    A DECIMAL has at most `decimals` digits after the point and is held exactly. With `text` it may also come as decimal
    text, such as "12.500001" or "-3", and counts by its spelling, also as a number. A missing field that is not
    required counts as `default`; a missing TIME as Kafka's append time; without a default it is unknown. A
    `nullable` one is required, but its value may be null: unknown. `also`: other names it may be sent under.
    """

    name: str
    kind: Kind
    unit: str = ""
    required: bool = True
    low: int = 0
    high: int = 2**63 - 1
    decimals: int = 0
    text: bool = False
    nullable: bool = False
    default: str | int | None = None
    also: tuple[str, ...] = ()

    @property
    def names(self) -> tuple[str, ...]:
        return (self.name, *self.also)

    @property
    def may_be_unknown(self) -> bool:
        """Whether an accepted event can lack it."""
        return self.nullable or not (self.required or self.kind is Kind.TIME or self.default is not None)


@dataclass(frozen=True)
class Quota:
    """What follows a publish: users whose hourly measure exceeds their quota, by one cut of a rollup."""

    rollup: str
    cut_type: str
    table: str


@dataclass(frozen=True)
class Panes:
    """What is fired as panes: the windows of a rollup of one cut that counts its events too, and the measure (a sum of
    one field) they hold.

    Its columns in the pane tables are the rollup's dimensions. The tables are named after the topic.
    """

    rollup: str
    value: str


@dataclass(frozen=True)
class Stream:
    """A topic's declaration. Every engine, table and page is driven by it.

    `subject` names the field that keys the messages; `equal_sums` the rollups whose cuts must all add up
    to the same total in any hour, since each cut splits the same events another way. `day_files`: it also comes by
    the gateway, which keeps a file a day; one stream at most. `added`: columns that no message carries: the speed layer
    fills them in before an event is archived and summed, and the batch layer takes them as they are there. `recent`:
    the table that keeps the last days' events as rows, each once. `panes`: windows fired as panes, in the slice's
    transaction, each identity once.
    """

    topic: str
    fields: tuple[Field, ...]
    subject: str
    rollups: tuple[Rollup, ...]
    equal_sums: tuple[str, ...] = ()
    quota: Quota | None = None
    day_files: bool = False
    added: tuple[Field, ...] = ()
    recent: str | None = None
    panes: Panes | None = None

    @cached_property
    def time_field(self) -> Field:
        return next(field for field in self.fields if field.kind is Kind.TIME)

    @cached_property
    def all_fields(self) -> tuple[Field, ...]:
        """The declared fields and the optional `event_id` that every stream has."""
        return (*self.fields, Field(EVENT_ID, Kind.IDENTIFIER, required=False))

    @cached_property
    def pane_types(self) -> dict[str, Measure]:
        """What books call the measures that panes hold: their value, and the number of events."""
        if self.panes is None:
            return {}
        measures = self.rollup(self.panes.rollup).measures
        value = next(measure for measure in measures if measure.column == self.panes.value)
        events = next(measure for measure in measures if measure.kind is MeasureKind.COUNT and not measure.fields)
        return {f"panes.{measure.column}": measure for measure in (value, events)}

    def rollup(self, name: str) -> Rollup:
        return next(rollup for rollup in self.rollups if rollup.name == name)


@dataclass(frozen=True)
class TimeRules:
    """How far an event may lie from Kafka's append time. `max_age_s` None: no limit."""

    max_age_s: int | None = 35 * 86_400
    max_ahead_s: int = 300

    @classmethod
    def from_days(cls, max_age_days: int, max_ahead_s: int) -> TimeRules:
        return cls(max_age_days * 86_400 or None, max_ahead_s)
