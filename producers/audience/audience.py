"""A plan's audience: the people, what they played and clicked, and the rule's account of it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from producers.audience.clicks import Clicks, draw_clicks
from producers.audience.features import Habits
from producers.audience.people import People, draw_people
from producers.audience.plan import AudiencePlan
from producers.audience.plays import Plays, draw_plays
from producers.audience.rule import Chances, Figures, chances, figures


@dataclass(frozen=True)
class Audience:
    """`clicked`: for each customer, whether the label ad was clicked. `counts`: each customer's plays."""

    plan: AudiencePlan
    people: People
    plays: Plays
    clicks: Clicks
    drawn: Chances
    clicked: NDArray[np.bool_]
    counts: NDArray[np.int64]

    @property
    def figures(self) -> Figures:
        return figures(self.drawn, self.clicked)


def draw(plan: AudiencePlan) -> Audience:
    people = draw_people(plan)
    plays = draw_plays(plan, people)
    habits = Habits(plays, len(people), plan.zone)
    drawn = chances(habits)
    clicks, clicked = draw_clicks(plan, plays, drawn)
    return Audience(plan, people, plays, clicks, drawn, clicked, habits.counts)
