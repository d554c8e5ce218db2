"""The plan's messages as blocks, at a pace."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import count

from producers.generate.bad import fitting
from producers.generate.messages import Messages
from producers.generate.pace import Pace
from producers.generate.plan import Plan
from producers.generate.streams import Generator
from producers.sending.block import Block
from producers.times import now_ms

_MOST = 5_000


@dataclass(frozen=True)
class Flow:
    """All messages of a plan for one topic; facts go with them for a truth."""

    topic: str
    generator: Generator
    plan: Plan
    pace: Pace
    with_facts: bool

    def chunks(self) -> Iterator[Messages]:
        """Every chunk of the plan in order; without end where the plan has none."""
        bad = fitting(self.generator.bad, age_limited=self.plan.age_limited)
        chunk = self.generator.begin(self.plan)
        for number in range(self.plan.chunks) if self.plan.chunks is not None else count():
            yield Messages(self.topic, *chunk(number), bad, self.with_facts)

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
