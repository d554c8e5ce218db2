"""Plays that happen now: of the same people, by the hour of the day, with clicks of those who are likely to click."""

from __future__ import annotations

import json
from collections import Counter

import numpy as np
import pytest

from metering.domain.event import Position, Rejection
from metering.domain.features import LABEL_AD
from metering.domain.judge import judge
from metering.domain.stream import TimeRules
from metering.streams import STREAMS
from producers.audience.audience import Audience, draw
from producers.audience.live import LiveAudience
from producers.audience.plays import NIGHT
from producers.generate.pace import Pace
from producers.sending.block import Block
from tests.unit.producers.audience.plans import a_plan, at

NOON, MIDNIGHT = at("2026-11-24T12:30:00"), at("2026-11-24T00:30:00")


@pytest.fixture(scope="module")
def audience() -> Audience:
    return draw(a_plan(customers=1_000, plays=40_000))


def _events(blocks: list[Block]) -> list[dict[str, object]]:
    return [json.loads(value or b"") for block in blocks for value in block.values]


def test_every_live_event_is_accepted_and_keyed_by_its_customer(audience: Audience) -> None:
    blocks = list(LiveAudience(audience, NOON).happening(5_000, NOON))

    assert [block.topic for block in blocks] == ["listens", "clicks"]
    for block in blocks:
        for key, value in zip(block.keys, block.values, strict=True):
            verdict = judge(STREAMS[block.topic], value, Position(block.topic, 0, 0), NOON * 1_000_000, TimeRules())
            assert not isinstance(verdict, Rejection)
            assert str(json.loads(value or b"")["customer_id"]).encode() == key


def test_no_event_id_is_given_twice_nor_by_another_run(audience: Audience) -> None:
    live = LiveAudience(audience, NOON)
    first = _events([*live.happening(500, NOON), *live.happening(500, NOON + 1)])
    other = _events(list(LiveAudience(audience, NOON + 60).happening(500, NOON + 60)))

    names = Counter(event["event_id"] for event in (*first, *other))

    assert set(names.values()) == {1}


def test_those_who_live_by_night_play_at_night(audience: Audience) -> None:
    night_share = audience.people.parts[:, NIGHT]

    def mean_share(time_s: int) -> float:
        plays = next(LiveAudience(audience, time_s).happening(5_000, time_s))
        who = [int(key or b"") - 10_001 for key in plays.keys]
        return float(night_share[who].mean())

    assert mean_share(MIDNIGHT) > 2 * mean_share(NOON)


def test_the_label_ad_is_clicked_by_those_whose_chance_is_high(audience: Audience) -> None:
    live = LiveAudience(audience, MIDNIGHT)
    events = _events([block for step in range(10) for block in live.happening(2_000, MIDNIGHT + step)])

    takers = [int(str(event["customer_id"])) - 10_001 for event in events if LABEL_AD in str(event.get("ad", ""))]

    assert len(takers) > 20
    assert np.mean(audience.drawn.chance[takers] > 0.5) > 0.8


def test_plays_come_at_their_rate_until_it_is_asked_to_end(audience: Audience) -> None:
    clock = [0.0]
    pace = Pace(20, now_s=lambda: clock[0])

    def pause(seconds: float) -> None:
        clock[0] += seconds

    blocks = list(LiveAudience(audience, NOON).blocks(pace, lambda: clock[0] < 60, pause))

    assert sum(len(block) for block in blocks if block.topic == "listens") == pytest.approx(1_200, abs=25)
