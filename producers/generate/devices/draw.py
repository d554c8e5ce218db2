"""A chunk of antenna events, drawn at once."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from producers.generate.chunk import Order, lateness, order, uuids
from producers.generate.curve import Curve
from producers.generate.devices import cast
from producers.generate.devices.writer import Drawn, Writer
from producers.generate.plan import CHUNK, Plan


def begin(plan: Plan) -> Callable[[int], tuple[Writer, Order]]:
    """Gives what draws the plan's chunks by their numbers."""
    curve = Curve(plan.from_ms, plan.to_ms) if plan.to_ms is not None else None
    users = cast.users(plan.subjects)

    def chunk(number: int) -> tuple[Writer, Order]:
        drawn, sent = draw(plan, number, curve)
        return Writer(users, drawn), sent

    return chunk


def draw(plan: Plan, number: int, curve: Curve | None) -> tuple[Drawn, Order]:
    """Chunk `number` of the plan; the same at every call. `curve` places the events of a plan with a range."""
    random = plan.randomness(number)
    events = plan.size_of(number)
    drawn = Drawn(
        event_id=uuids(random, events),
        user=cast.users(plan.subjects).draw(random.random(events)),
        antenna=cast.ANTENNAS.draw(random.random(events)),
        app=cast.APPS.draw(random.random(events)),
        size=cast.sizes(random.random(events)),
        late_ms=lateness(random, events, plan.faults.late),
        time_ms=_times(plan, number, random.random(events), curve),
    )
    return drawn, order(plan, random, drawn.late_ms)


def _times(
    plan: Plan, number: int, jitter: NDArray[np.float64], curve: Curve | None
) -> NDArray[np.int64] | None:
    """Event number i of N lies in the i-th of N equal shares of the curve: in order, without a bucket of its own."""
    if curve is None or plan.events is None:
        return None
    places = number * CHUNK + np.arange(len(jitter)) + jitter
    return curve.times_ms(places / plan.events)
