"""What the generator sends: the same for the same plan, and faults where they were asked for."""

from __future__ import annotations

import json
from collections import Counter
from itertools import count

import pytest

from metering.domain.event import Event, Position
from metering.domain.judge import judge
from metering.domain.stream import TimeRules
from metering.streams.devices import DEVICES
from producers.generate.bad import fitting
from producers.generate.devices import ALL_BAD, begin, cast
from producers.generate.messages import Messages
from producers.generate.plan import Faults, Plan
from tests.unit.producers.generate.plans import FAULTS, HOUR_MS, START_MS, all_of, plan

NOW_US = (START_MS + 24 * HOUR_MS) * 1000


def _kinds(facts: object) -> list[str]:
    return facts["kind"].to_pylist()  # type: ignore[index, no-any-return]


def test_the_same_plan_gives_the_same_bytes_keys_and_facts() -> None:
    first, second = all_of(plan()), all_of(plan())

    assert first.values == second.values
    assert first.keys == second.keys
    assert first.facts.equals(second.facts)


@pytest.mark.parametrize(
    "other", [plan(seed=8), plan(events=12_001), plan(hours=7), plan(faults=Faults(late=0.05))])
def test_another_seed_count_range_or_share_shares_no_event_id(other: Plan) -> None:
    ids, other_ids = (set(all_of(each).facts["event_id"].to_pylist()) - {None} for each in (plan(), other))

    assert not ids & other_ids


def test_a_product_without_an_age_limit_gets_the_same_events() -> None:
    limited, unlimited = all_of(plan()), all_of(plan(age_limited=False))

    same = [
        one == other for one, other, kind in zip(limited.values, unlimited.values, _kinds(limited.facts), strict=True)
        if kind != "bad"]

    assert all(same)


def test_every_event_has_an_id_of_its_own() -> None:
    facts = all_of(plan(faults=Faults())).facts

    assert len(set(facts["event_id"].to_pylist())) == 12_000


@pytest.mark.parametrize("piece", [1, 7, 5_000])
def test_the_bytes_do_not_depend_on_how_many_are_sent_at_a_time(piece: int) -> None:
    wanted = plan(events=500)
    messages = Messages("devices", *begin(wanted)(0), fitting(ALL_BAD, age_limited=True), with_facts=False)

    values: list[bytes | None] = []
    for start in range(0, len(messages), piece):
        values.extend(messages.block(start, min(start + piece, len(messages)), 0).values)

    assert values == all_of(wanted).values


def test_every_message_but_the_bad_ones_is_accepted_and_says_what_its_facts_say() -> None:
    sent = all_of(plan())

    for number, value, fact in zip(count(), sent.values, sent.facts.to_pylist(), strict=False):
        verdict = judge(DEVICES, value, Position("devices", 0, number), NOW_US, TimeRules())
        if fact["kind"] == "bad":
            continue
        assert isinstance(verdict, Event)
        assert verdict.event_id == fact["event_id"]
        assert verdict.time_us == round(fact["timestamp"].timestamp() * 1_000_000)
        assert dict(verdict.values) == {name: fact[name] for name in ("id", "antenna_id", "app", "bytes")}


def test_each_bad_message_is_rejected_for_the_reason_in_its_facts() -> None:
    sent = all_of(plan())

    facts = sent.facts.to_pylist()
    bad = [(value, fact) for value, fact in zip(sent.values, facts, strict=True) if fact["kind"] == "bad"]

    assert len(bad) > 300
    for value, fact in bad:
        verdict = judge(DEVICES, value, Position("devices", 0, 0), NOW_US, TimeRules())
        assert not isinstance(verdict, Event)
        assert verdict.reason.name == fact["reason"]
        assert {fact[name] for name in ("event_id", "timestamp", "id", "antenna_id", "app", "bytes")} == {None}


def test_messages_are_keyed_by_the_device() -> None:
    sent = all_of(plan(faults=Faults()))

    assert sent.keys == [json.loads(value or b"")["id"].encode() for value in sent.values]


def test_the_events_are_as_many_as_asked_for_and_the_shares_are_about_right() -> None:
    counted = Counter(_kinds(all_of(plan()).facts))

    assert counted["good"] + counted["late"] == 12_000
    for kind, share in (("late", FAULTS.late), ("duplicate", FAULTS.duplicates), ("conflict", FAULTS.conflicts),
                        ("bad", FAULTS.bad)):
        assert counted[kind] == pytest.approx(12_000 * share, rel=0.2)


def test_a_duplicate_has_the_very_bytes_of_an_event_before_it() -> None:
    sent = all_of(plan())

    seen: set[bytes | None] = set()
    for value, kind in zip(sent.values, _kinds(sent.facts), strict=True):
        if kind == "duplicate":
            assert value in seen
        seen.add(value)


def test_a_conflict_has_the_identity_of_an_event_before_it_and_more_bytes() -> None:
    sent = all_of(plan())

    first: dict[str, dict[str, object]] = {}
    for fact in sent.facts.to_pylist():
        if fact["kind"] == "conflict":
            original = first[fact["event_id"]]
            assert fact["timestamp"] == original["timestamp"]
            assert fact["bytes"] > original["bytes"]
        elif fact["kind"] in ("good", "late"):
            first[fact["event_id"]] = fact


def test_a_late_event_lies_in_an_hour_before_that_of_its_neighbours() -> None:
    facts = all_of(plan(faults=Faults(late=0.05))).facts.to_pylist()

    place = None
    for fact in facts:
        hour = fact["timestamp"].replace(minute=0, second=0, microsecond=0)
        if fact["kind"] == "late":
            assert place is not None
            assert hour < place
        else:
            place = hour


def test_events_that_are_not_late_come_in_the_order_of_their_time_and_within_the_range() -> None:
    times = [fact["timestamp"].timestamp() for fact in all_of(plan(faults=Faults())).facts.to_pylist()]

    assert times == sorted(times)
    assert START_MS / 1000 <= times[0] < times[-1] < START_MS / 1000 + 6 * 3600


def test_all_users_antennas_and_apps_take_part() -> None:
    facts = all_of(plan(faults=Faults())).facts

    assert set(facts["id"].to_pylist()) == set(cast.users(20).names)
    assert set(facts["antenna_id"].to_pylist()) == set(cast.ANTENNAS.names)
    assert set(facts["app"].to_pylist()) == {"SKYPE", "FACEBOOK", "TELEGRAM", "FACETIME"}
    assert facts["bytes"].to_pylist().count(0) > 50


def test_more_users_may_take_part() -> None:
    wanted = Plan(7, START_MS, START_MS + HOUR_MS, 2_000, Faults(), subjects=500)

    found = set(all_of(wanted).facts["id"].to_pylist())

    assert 400 < len(found) <= 500
    assert found <= set(cast.users(500).names)


def test_a_live_event_happens_when_it_is_sent_and_its_duplicate_keeps_that_time() -> None:
    wanted = Plan(3, START_MS, None, 300, Faults(duplicates=0.5))
    messages = Messages("devices", *begin(wanted)(0), (), with_facts=True)

    blocks = [messages.block(index, index + 1, START_MS + index) for index in range(len(messages))]

    seen: dict[str, bytes | None] = {}
    for index, block in enumerate(blocks):
        assert block.facts is not None
        fact = block.facts.to_pylist()[0]
        if fact["kind"] == "duplicate":
            assert block.values[0] == seen[fact["event_id"]]
        else:
            assert round(fact["timestamp"].timestamp() * 1000) == pytest.approx(START_MS + index, abs=1)
            seen[fact["event_id"]] = block.values[0]
