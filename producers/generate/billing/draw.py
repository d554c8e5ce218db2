"""A chunk of charges, drawn at once."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from producers.generate.billing.companies import companies, costs
from producers.generate.billing.writer import Drawn, Writer
from producers.generate.chunk import EARLIEST_MS, LATEST_MS, Order, order, uuids
from producers.generate.curve import Curve
from producers.generate.plan import CHUNK, Plan

_TOO_LATE = 0.25
_SHORTEST_MS, _LONGEST_MS = 20_000, 45 * 60_000
"""Of the late events a quarter happened hours before their place, too late for any pane; the others so long."""

_AS_TEXT, _NAMED = 0.4, 0.5
"""Shares of the events: with the cost as text; of those in euros, with the currency named."""


def begin(plan: Plan) -> Callable[[int], tuple[Writer, Order]]:
    """Gives what draws the plan's chunks by their numbers."""
    curve = Curve(plan.from_ms, plan.to_ms) if plan.to_ms is not None else None
    billed = companies(plan.subjects)

    def chunk(number: int) -> tuple[Writer, Order]:
        random, events = plan.randomness(number), plan.size_of(number)
        late_ms = _lateness(random, events, plan.faults.late)
        drawn = Drawn(
            event_id=uuids(random, events), company=billed.draw(random.random(events)),
            cost=costs(random.random(events)), as_text=random.random(events) < _AS_TEXT,
            named=random.random(events) < _NAMED, late_ms=late_ms,
            time_ms=_times(plan, number, random.random(events), curve))
        return Writer(billed, drawn), order(plan, random, late_ms)

    return chunk


def _lateness(random: np.random.Generator, events: int, share: float) -> NDArray[np.int64]:
    """How far before its place in the stream each event happened, in ms, or 0."""
    late, far, spread = (random.random(events) for _ in range(3))
    least = np.where(far < _TOO_LATE, EARLIEST_MS, _SHORTEST_MS)
    most = np.where(far < _TOO_LATE, LATEST_MS, _LONGEST_MS)
    return np.where(late < share, most - (spread * (most - least)).astype(np.int64), 0)


def _times(
    plan: Plan, number: int, jitter: NDArray[np.float64], curve: Curve | None
) -> NDArray[np.int64] | None:
    """Event number i of N lies in the i-th of N equal shares of the curve."""
    if curve is None or plan.events is None:
        return None
    return curve.times_ms((number * CHUNK + np.arange(len(jitter)) + jitter) / plan.events)
