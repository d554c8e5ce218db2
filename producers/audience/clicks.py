"""Clicks on ads: those on the label ad by the rule, all others as it comes."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from metering.domain.features import LABEL_AD
from producers.audience.clock_hours import is_second_time
from producers.audience.plan import AudiencePlan
from producers.audience.plays import Plays
from producers.audience.rule import Chances

ADS = (LABEL_AD, f"{LABEL_AD}_SUMMER", "ADV_FREE_REFERRAL", "ADV_DONATION_CHARITY", "ADV_REDUCED_7DAYS")
"""The first two are the label ad, since both names contain it; the last is another."""

LABEL_ADS = 2
_VARIANT = 0.1
_AGAIN = 0.3
_OTHERS_A_CUSTOMER = 0.2
_WITHIN_S = 600
"""A click follows a play by less."""


@dataclass(frozen=True)
class Clicks:
    """A row a click, in order of time (epoch seconds); `ad` is an index into ADS."""

    who: NDArray[np.int64]
    time_s: NDArray[np.int64]
    ad: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.who)


def draw_clicks(plan: AudiencePlan, plays: Plays, drawn: Chances) -> tuple[Clicks, NDArray[np.bool_]]:
    """The clicks, and who clicked the label ad. Each comes after a play of its customer, and within the range."""
    random = plan.randomness("clicks")
    clicked = random.random(len(drawn.chance)) < drawn.chance
    takers = np.flatnonzero(clicked)
    again = takers[random.random(len(takers)) < _AGAIN]
    others = np.repeat(
        np.flatnonzero(drawn.has_plays), random.poisson(_OTHERS_A_CUSTOMER, int(drawn.has_plays.sum())))
    who = np.concatenate((takers, again, others))
    ad = np.concatenate((label_ads(random, len(takers) + len(again)), other_ads(random, len(others))))
    time_s = _times(plan, random, plays, who)
    order = np.argsort(time_s, kind="stable")
    return Clicks(who[order], time_s[order], ad[order]), clicked


def label_ads(random: np.random.Generator, count: int) -> NDArray[np.int64]:
    return (random.random(count) < _VARIANT).astype(np.int64)


def other_ads(random: np.random.Generator, count: int) -> NDArray[np.int64]:
    return random.integers(LABEL_ADS, len(ADS), size=count)


def _times(
    plan: AudiencePlan, random: np.random.Generator, plays: Plays, who: NDArray[np.int64]
) -> NDArray[np.int64]:
    """Soon after one of the customer's later plays: a third of them lie before it."""
    by_customer = np.argsort(plays.who, kind="stable")
    counts = np.bincount(plays.who, minlength=plan.customers)
    starts = np.cumsum(counts) - counts
    earliest = counts[who] // 3
    place = earliest + (random.random(len(who)) * (counts[who] - earliest)).astype(np.int64)
    after_s = plays.time_s[by_customer[starts[who] + place]]
    time_s = np.minimum(after_s + 1 + random.integers(_WITHIN_S, size=len(who)), plan.to_s - 1)
    # As with the plays: a file of local times could not tell that hour from the one before.
    return np.where(is_second_time(time_s, plan.zone), after_s, time_s)
