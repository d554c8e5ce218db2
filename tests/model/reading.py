"""What a run of the batch job has read: its hours, their files, and which rows are repeats."""

from __future__ import annotations

from collections.abc import Hashable, Iterable
from dataclasses import dataclass, field
from typing import NamedTuple

from tests.model.database import Steps, Transaction
from tests.model.rules import Rules, published_generation
from tests.model.world import Event, HourState, ListedFile, Offsets, World


@dataclass
class BatchRun:
    """What one run of the batch job has read."""

    world: World
    rules: Rules
    name: str
    sealed: int = 0
    offsets: dict[int, Offsets] = field(default_factory=dict)
    states: dict[int, HourState] = field(default_factory=dict)
    files: dict[str, ListedFile] = field(default_factory=dict)
    quotas: dict[str, int] = field(default_factory=dict)
    first_of: dict[Hashable, Event] = field(default_factory=dict)


class Judged(NamedTuple):
    """An hour as read back from its files."""

    events: list[Event]
    newly_sealed: list[Event]
    distinct: list[Event]
    conflicts: list[Event]


def read_hour(run: BatchRun, hour: int) -> Steps:
    """All rows of the hour's listed files up to the sealed generation, and which of them are repeats."""
    published = published_generation(run.states.get(hour))
    events: list[Event] = []
    newly: list[Event] = []
    for path, file in run.files.items():
        if file.hour == hour and file.superseded is None and file.generation <= run.sealed:
            yield "batch: read a file"
            rows = run.world.read_file(path, file.rows)
            events += rows
            newly += rows if run.rules.newly_sealed(file.generation, published, run.sealed) else ()
    distinct, conflicts = keep_first(run, events)
    return Judged(events, newly, distinct, conflicts)


def keep_first(run: BatchRun, events: Iterable[Event]) -> tuple[list[Event], list[Event]]:
    """The first of each identity, and those of the others that differ from it."""
    distinct, conflicts = [], []
    for event in sorted(events, key=lambda event: event.order):
        first = run.first_of.setdefault(run.rules.identity(event), event)
        if first is event:
            distinct.append(event)
        elif first.content != event.content:
            conflicts.append(event)
    return distinct, conflicts


def of_hour(tx: Transaction, table: str, hour: int) -> dict:
    """The rows of one hour."""
    return {key: row for key, row in tx.rows(table).items() if key[0] == hour}
