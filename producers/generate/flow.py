"""The plan's messages as blocks, at a pace."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import count

from producers.generate import cast
from producers.generate.chunk import draw
from producers.generate.curve import Curve
from producers.generate.faults import kinds
from producers.generate.messages import Messages
from producers.generate.pace import Pace
from producers.generate.plan import Plan
from producers.sending.block import Block
from producers.times import now_ms

_MOST = 5_000


@dataclass(frozen=True)
class Flow:
    """All messages of a plan for one topic; facts go with them for a truth."""

    topic: str
    plan: Plan
    pace: Pace
    with_facts: bool

    def chunks(self) -> Iterator[Messages]:
        """Every chunk of the plan in order; without end where the plan has none."""
        plan, bad = self.plan, kinds(age_limited=self.plan.age_limited)
        users = cast.users(plan.users)
        curve = Curve(plan.from_ms, plan.to_ms) if plan.to_ms is not None else None
        for number in range(plan.chunks) if plan.chunks is not None else count():
            drawn, order = draw(plan, number, curve)
            yield Messages(self.topic, users, drawn, order, bad, self.with_facts)

    def blocks(self, running: Callable[[], bool], pause: Callable[[float], None]) -> Iterator[Block]:
        """Blocks as they fall due while `running()`; in between it sleeps by `pause(seconds)`."""
        for messages in self.chunks():
            start = 0
            while start < len(messages):
                if not running():
                    return
                due = self.pace.due(min(_MOST, len(messages) - start))
                if due:
                    yield messages.block(start, start + due, now_ms())
                    start += due
                else:
                    pause(self.pace.rest_s())
