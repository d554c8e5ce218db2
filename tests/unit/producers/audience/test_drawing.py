"""What is drawn: equal plans alike, people who stay the same, features as the domain counts them."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import numpy as np
import pytest

from metering.domain.features import FEATURES, Play, WeekdaysShare, features_of
from producers.audience.audience import draw
from producers.audience.clock_hours import hour, local_s, weekday
from producers.audience.events import blocks
from producers.audience.features import Habits
from producers.audience.people import draw_people, ids, records
from producers.audience.plan import AudiencePlan
from tests.unit.producers.audience.plans import a_plan, at

ZONES = ("UTC", "America/New_York", "Asia/Kathmandu", "Australia/Lord_Howe")


def _bytes(plan: AudiencePlan) -> list[bytes | None]:
    audience = draw(plan)
    return [value for block in blocks(audience.plays, audience.clicks, plan.mark) for value in block.values]


def test_equal_plans_give_equal_bytes() -> None:
    assert _bytes(a_plan()) == _bytes(a_plan())


@pytest.mark.parametrize("other", [
    a_plan(seed=2), a_plan(plays=8_001), a_plan(customers=201), a_plan(days=6), a_plan(zone="Asia/Kathmandu")])
def test_another_plan_gives_no_event_of_the_first_again(other: AudiencePlan) -> None:
    assert not set(_bytes(a_plan())) & set(_bytes(other))
    assert other.mark != a_plan().mark


def test_the_people_are_the_same_in_every_range() -> None:
    plan, other = a_plan(), a_plan(start="2026-10-01", days=1, plays=10)

    people, others = draw_people(plan), draw_people(other)

    assert np.array_equal(people.parts, others.parts)
    assert np.array_equal(people.favourites, others.favourites)
    assert records(plan, people) == records(other, others)


def test_every_play_and_click_lies_in_the_range_in_order_and_is_of_a_customer() -> None:
    plan = a_plan(start="2026-11-16T07:13:11", days=1.3)
    audience = draw(plan)

    for time_s, who in ((audience.plays.time_s, audience.plays.who), (audience.clicks.time_s, audience.clicks.who)):
        assert len(time_s)
        assert plan.from_s <= time_s.min() <= time_s.max() < plan.to_s
        assert (np.diff(time_s) >= 0).all()
        assert set(who.tolist()) <= set(range(plan.customers))
    assert len(audience.plays) == plan.plays


@pytest.mark.parametrize("span_s", [1, 59, 3_600])
def test_a_range_may_be_as_short_as_a_second(span_s: int) -> None:
    start = at("2026-11-16T06:59:59")

    plays = draw(AudiencePlan(1, 20, 100, start, start + span_s, ZoneInfo("UTC"))).plays

    assert len(plays) == 100
    assert start <= plays.time_s.min() <= plays.time_s.max() < start + span_s


def test_each_click_comes_after_a_play_of_its_customer() -> None:
    audience = draw(a_plan())
    first: dict[int, int] = {}
    for who, time_s in zip(audience.plays.who.tolist(), audience.plays.time_s.tolist(), strict=True):
        first.setdefault(who, time_s)

    for who, time_s in zip(audience.clicks.who.tolist(), audience.clicks.time_s.tolist(), strict=True):
        assert first[who] <= time_s


@pytest.mark.parametrize("zone", ZONES)
def test_features_are_those_of_the_reference(zone: str) -> None:
    plan = a_plan(customers=40, plays=900, zone=zone, start="2026-10-29", days=6)
    features = (*FEATURES, WeekdaysShare("weekend", (6, 7)))
    plays = draw(plan).plays
    by_customer: dict[int, list[Play]] = {}
    for who, time_s, track, mobile in zip(
        plays.who.tolist(), plays.time_s.tolist(), plays.track.tolist(), plays.is_mobile.tolist(), strict=True
    ):
        by_customer.setdefault(who, []).append(Play(time_s * 1_000_000, str(track), int(mobile)))

    habits = Habits(plays, plan.customers, plan.zone)

    found = {feature.name: habits.of(feature) for feature in features}
    for who, his_plays in by_customer.items():
        assert {name: values[who] for name, values in found.items()} == features_of(his_plays, plan.zone, features)


@pytest.mark.parametrize("zone", ZONES)
def test_local_hours_and_weekdays_are_the_clocks_own(zone: str) -> None:
    start = at("2026-03-01")
    times = np.arange(start, start + 60 * 86_400, 1_799, dtype=np.int64)

    shown = local_s(times, ZoneInfo(zone))

    clocks = [datetime.fromtimestamp(time_s, UTC).astimezone(ZoneInfo(zone)) for time_s in times.tolist()]
    assert hour(shown).tolist() == [clock.hour for clock in clocks]
    assert weekday(shown).tolist() == [clock.isoweekday() for clock in clocks]


def test_a_customer_without_plays_has_no_chance_and_no_click() -> None:
    audience = draw(a_plan(customers=500, plays=300))

    idle = audience.counts == 0

    assert idle.any()
    assert not audience.drawn.chance[idle].any()
    assert not audience.clicked[idle].any()
    assert not set(audience.clicks.who.tolist()) & set(np.flatnonzero(idle).tolist())
    assert audience.figures.customers == 500 - idle.sum()


def test_no_customer_id_is_the_number_of_a_line() -> None:
    assert ids(np.arange(3)).tolist() == [10_001, 10_002, 10_003]
