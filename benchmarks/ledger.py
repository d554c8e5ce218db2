"""R8: what exactly-once costs: the drain with its ledger and manifest rows, and with the sums alone.

The side without commits the same sums in one transaction a slice and nothing else: no offsets, no generation held, no
files listed, none looked at. It would count twice after any restart; nothing restarts here, so its total is exact too.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from importlib import import_module
from typing import Any

from psycopg2.extensions import connection as Connection

from benchmarks.bench import Figure, Found, Room, Side, WrongAnswer, ratios, take_turns
from benchmarks.draining import Drain, spark
from benchmarks.load import loaded
from metering.store.rollups import add_sums
from metering.store.slice_commit import TopicSlice

EVENTS, SHORT_EVENTS = 6_000_000, 400_000
GENERATION = 1


def measure(room: Room) -> Found:
    """Events a second with and without."""
    load = loaded(room, room.number(EVENTS, SHORT_EVENTS))
    with spark(room) as session:
        drain = Drain(room.settings, session, load)
        taken = take_turns((
            Side("with the ledger", "events/s", drain.rate(drain.speed_layer)),
            Side("sums alone", "events/s", drain.rate(lambda: _without(drain))),
        ), room)
    ratio = ratios(taken["with the ledger"], taken["sums alone"])
    return Found(taken, (Figure("R8", "with / without ledger and manifest", ratio, at_least=0.97),),
                 {"events": load.events, "event_bytes": load.event_bytes})


def _without(drain: Drain) -> float:
    commits: list[int] = []
    with _committing_by(lambda *given, **more: _sums_alone(commits, *given)):
        seconds = drain.speed_layer()
    if not commits:
        raise WrongAnswer("the slices were not committed by the bench's own function")
    return seconds


def _sums_alone(
    commits: list[int], connection: Connection, slices: Sequence[TopicSlice], *_: object
) -> Mapping[str, int]:
    with connection, connection.cursor() as cursor:
        for found in slices:
            for rollup in found.stream.rollups:
                add_sums(cursor, rollup, found.partials[rollup.name], GENERATION)
    commits.append(len(slices))
    return {found.stream.topic: GENERATION for found in slices}


@contextmanager
def _committing_by(commit: Callable[..., Mapping[str, int]]) -> Iterator[None]:
    """The product has no switch for this, so its name for the commit is lent to another function."""
    slices: Any = import_module("speed_layer.slices")
    own = slices.commit_slice
    slices.commit_slice = commit
    try:
        yield
    finally:
        slices.commit_slice = own
