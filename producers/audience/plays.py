"""Plays drawn from the customers' habits."""

from __future__ import annotations

from dataclasses import dataclass
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from producers.audience.clock_hours import QUARTER_S, hour, is_second_time, local_s
from producers.audience.people import PARTS, ZIPS, People
from producers.audience.plan import AudiencePlan

MORNING, AFTERNOON, EVENING, NIGHT = range(PARTS)
_PART_OF_HOUR = np.array([NIGHT] * 5 + [MORNING] * 7 + [AFTERNOON] * 5 + [EVENING] * 5 + [NIGHT] * 2)

_AWAY = 0.15
"""Share of plays somewhere else than at home."""


@dataclass(frozen=True)
class Plays:
    """A row a play, in order of time (epoch seconds); `who` is an index into the people, `zip` a zip's number."""

    who: NDArray[np.int64]
    time_s: NDArray[np.int64]
    track: NDArray[np.int64]
    is_mobile: NDArray[np.bool_]
    zip: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.who)


def part_of_day(time_s: NDArray[np.int64], zone: ZoneInfo) -> NDArray[np.int64]:
    """Morning, afternoon, evening or night of these times, by the zone's clock."""
    return _PART_OF_HOUR[hour(local_s(time_s, zone))]


def draw_plays(plan: AudiencePlan, people: People) -> Plays:
    random = plan.randomness("plays")
    who = pick(random, people.activity, plan.plays)
    time_s = _times(plan, random, people.parts[who])
    order = np.argsort(time_s, kind="stable")
    return played(random, people, who[order], time_s[order])


def played(
    random: np.random.Generator, people: People, who: NDArray[np.int64], time_s: NDArray[np.int64]
) -> Plays:
    """What these customers play at these times, on what, and where."""
    count = len(who)
    # The power makes a customer's first favourites the ones heard most.
    favourite = (people.breadth[who] * random.random(count) ** 1.5).astype(np.int64)
    return Plays(
        who=who,
        time_s=time_s,
        track=people.favourites[people.first[who] + favourite],
        is_mobile=random.random(count) < people.mobile[who],
        zip=np.where(random.random(count) < _AWAY, random.integers(ZIPS, size=count), people.zip[who]),
    )


def pick(random: np.random.Generator, weights: NDArray[np.float64], count: int) -> NDArray[np.int64]:
    """So many indices, each as often as its weight."""
    sums = np.cumsum(weights)
    return np.minimum(np.searchsorted(sums, random.random(count) * sums[-1], side="right"), len(weights) - 1)


def _times(plan: AudiencePlan, random: np.random.Generator, parts: NDArray[np.float64]) -> NDArray[np.int64]:
    """A time for each play, in the part of the day that its customer's habits give; `parts` has a row a play."""
    quarters = _quarters(plan)
    part_of = part_of_day(quarters, plan.zone)
    present = np.isin(np.arange(PARTS), part_of)
    sums = np.cumsum(parts * present, axis=1)
    part = (random.random((len(parts), 1)) * sums[:, -1:] >= sums).sum(axis=1)
    start = np.zeros(len(parts), dtype=np.int64)
    for number in np.flatnonzero(present).tolist():
        of_part, chosen = quarters[part_of == number], part == number
        start[chosen] = of_part[random.integers(len(of_part), size=int(chosen.sum()))]
    earliest, latest = np.maximum(start, plan.from_s), np.minimum(start + QUARTER_S, plan.to_s)
    return earliest + (random.random(len(parts)) * (latest - earliest)).astype(np.int64)


def _quarters(plan: AudiencePlan) -> NDArray[np.int64]:
    """The starts of the quarters of an hour that the range touches.

    The hour that a clock shows a second time is left out: a file of local times could not tell it from the first.
    """
    starts = np.arange(plan.from_s // QUARTER_S * QUARTER_S, plan.to_s, QUARTER_S, dtype=np.int64)
    plain = starts[~is_second_time(starts, plan.zone)]
    return plain if len(plain) else starts
