"""All drills, in the order in which they are played."""

from __future__ import annotations

from tests.drills import (
    archive,
    bad_input,
    billing_panes,
    broker,
    clocks,
    database,
    failpoints,
    kills,
    late,
    redis,
    repeats,
    two_batches,
)
from tests.drills.drill import Drill

ALL: tuple[Drill, ...] = (
    kills.DRILL,
    failpoints.DRILL,
    database.DRILL,
    clocks.DRILL,
    bad_input.DRILL,
    repeats.DRILL,
    late.DRILL,
    two_batches.DRILL,
    broker.DRILL,
    archive.DRILL,
    redis.DRILL,
    billing_panes.DRILL,
)


def named(name: str) -> Drill:
    """The drill of that name. Raises KeyError."""
    return {drill.name: drill for drill in ALL}[name]
