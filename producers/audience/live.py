"""Plays as they happen: the same people go on listening, and now and then one clicks on an ad."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np

from producers.audience.audience import Audience
from producers.audience.clicks import Clicks, label_ads, other_ads
from producers.audience.events import click_block, play_block
from producers.audience.plays import part_of_day, pick, played
from producers.generate.pace import Pace
from producers.sending.block import Block
from producers.times import now_ms

_MOST = 5_000
_LABEL_A_PLAY = 0.1
"""How often a play of a customer who is sure to click is followed by a click on the label ad."""

_OTHERS_A_PLAY = 0.005


class LiveAudience:
    """Draws plays that happen now. `audience` says what each customer's chance of a click is; none of it is sent.

    `from_s`: when it begins, part of the randomness and of the event ids, so that no run repeats another's.
    """

    def __init__(self, audience: Audience, from_s: int) -> None:
        self._audience = audience
        self._mark = f"{audience.plan.mark}-{from_s:x}"
        self._random = audience.plan.randomness(f"live from {from_s}")
        self._plays = self._clicks = 0

    def blocks(self, pace: Pace, running: Callable[[], bool], pause: Callable[[float], None]) -> Iterator[Block]:
        """Blocks as they fall due while `running()`; in between it sleeps by `pause(seconds)`."""
        while running():
            if due := pace.due(_MOST):
                yield from self.happening(due, now_ms() // 1000)
            else:
                pause(pace.rest_s())

    def happening(self, count: int, time_s: int) -> Iterator[Block]:
        """So many plays at one time, then the clicks that follow from them, where there are any."""
        people, random = self._audience.people, self._random
        now = np.full(count, time_s, dtype=np.int64)
        part = int(part_of_day(now[:1], self._audience.plan.zone)[0])
        plays = played(random, people, pick(random, people.activity * people.parts[:, part], count), now)
        yield play_block(plays, self._mark, self._plays)
        self._plays += count
        chance = self._audience.drawn.chance[plays.who]
        takers = plays.who[random.random(count) < chance * _LABEL_A_PLAY]
        others = plays.who[random.random(count) < _OTHERS_A_PLAY]
        who = np.concatenate((takers, others))
        if len(who):
            ads = np.concatenate((label_ads(random, len(takers)), other_ads(random, len(others))))
            clicks = Clicks(who, np.full(len(who), time_s, dtype=np.int64), ads)
            yield click_block(clicks, self._mark, self._clicks)
            self._clicks += len(who)
