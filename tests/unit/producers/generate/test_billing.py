"""The generated charges: events the product accepts, as their facts say, and the truth as counted naively."""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from datetime import UTC, datetime
from decimal import Decimal
from itertools import count
from pathlib import Path
from typing import Any

from metering.domain.event import Event, Position
from metering.domain.judge import judge
from metering.domain.stream import TimeRules
from metering.streams.billing import BILLING
from producers.generate.messages import Messages
from producers.generate.plan import Faults, Plan
from producers.generate.streams import GENERATORS
from producers.generate.truth import Truth
from tests.unit.producers.generate.plans import FAULTS, HOUR_MS, START_MS, Sent, acknowledged, all_of, first_of_each

NOW_US = (START_MS + 48 * HOUR_MS) * 1000
CHARGES = GENERATORS["billing"]


def _plan(seed: int = 7, events: int = 12_000, hours: int = 6, faults: Faults = FAULTS, companies: int = 7) -> Plan:
    return Plan(seed, START_MS, START_MS + hours * HOUR_MS, events, faults, subjects=companies)


def _sent(plan: Plan) -> Sent:
    return all_of(plan, "billing")


def test_the_same_plan_gives_the_same_bytes_keys_and_facts_and_another_seed_others() -> None:
    first, second, other = _sent(_plan()), _sent(_plan()), _sent(_plan(seed=8))

    assert (first.values, first.keys) == (second.values, second.keys)
    assert first.facts.equals(second.facts)
    assert not set(first.facts["event_id"].to_pylist()) & set(other.facts["event_id"].to_pylist()) - {None}


def test_every_message_but_the_bad_ones_is_accepted_and_says_what_its_facts_say() -> None:
    sent = _sent(_plan())

    for number, value, fact in zip(count(), sent.values, sent.facts.to_pylist(), strict=False):
        verdict = judge(BILLING, value, Position("billing", 0, number), NOW_US, TimeRules())
        if fact["kind"] == "bad":
            assert not isinstance(verdict, Event)
            assert verdict.reason.name == fact["reason"]
            continue
        assert isinstance(verdict, Event)
        assert verdict.event_id == fact["event_id"]
        assert verdict.time_us == round(fact["timestamp"].timestamp() * 1_000_000)
        assert dict(verdict.values) == {name: fact[name] for name in verdict.values}


def test_costs_come_as_numbers_and_as_text_with_credits_among_them_of_as_many_companies_as_asked() -> None:
    sent = _sent(_plan(faults=Faults()))

    said = [json.loads(value or b"", parse_float=Decimal) for value in sent.values]
    texts = [one for one in said if isinstance(one["cost"], str)]
    assert 0.3 < len(texts) / len(said) < 0.5
    assert 20 < sum(Decimal(one["cost"]) < 0 for one in said) < 150
    assert {one["company"] for one in said} == {f"company-{number}" for number in range(1, 8)}
    assert {one.get("currency") for one in said} == {None, "EUR", "USD"}
    assert all(key == one["company"].encode() for key, one in zip(sent.keys, said, strict=True))


def test_a_conflict_has_the_identity_and_time_of_an_event_before_it_and_another_cost() -> None:
    first: dict[str, dict[str, Any]] = {}
    conflicts = 0
    for fact in _sent(_plan()).facts.to_pylist():
        if fact["kind"] == "conflict":
            conflicts += 1
            original = first[fact["event_id"]]
            assert fact["cost"] > original["cost"]
            assert {name: fact[name] for name in fact if name not in ("cost", "kind")} == {
                name: original[name] for name in original if name not in ("cost", "kind")}
        elif fact["kind"] in ("good", "late"):
            first[fact["event_id"]] = fact
    assert conflicts > 100


def test_most_late_charges_are_in_time_for_a_late_pane_and_a_quarter_is_not() -> None:
    place, delays = None, []
    for fact in _sent(_plan(faults=Faults(late=0.05))).facts.to_pylist():
        if fact["kind"] == "late":
            assert place is not None
            delays.append((place - fact["timestamp"]).total_seconds())
        else:
            place = fact["timestamp"]

    assert 400 < len(delays) < 800
    assert all(15 < delay < 46 * 60 or 59 * 60 < delay < 3 * 3600 + 5 for delay in delays)
    assert 0.2 < sum(delay > 3000 for delay in delays) / len(delays) < 0.3


def test_a_live_charge_happens_when_it_is_sent() -> None:
    plan = Plan(3, START_MS, None, 50, Faults(), subjects=2)
    messages = Messages("billing", *CHARGES.begin(plan)(0), (), with_facts=True)

    blocks = [messages.block(index, index + 1, START_MS + index) for index in range(len(messages))]

    assert [round(json.loads(block.values[0] or b"")["timestamp"] * 1000) for block in blocks] == [
        START_MS + index for index in range(50)]


def _millionths(charge: dict[str, Any]) -> int:
    return int(Decimal(charge["cost"]) * 10**6)


def test_totals_equal_a_naive_recount(tmp_path: Path) -> None:
    block = acknowledged(_sent(_plan()), "billing")

    with Truth(tmp_path, CHARGES) as truth:
        truth.record(block)

    told = json.loads((tmp_path / "totals.json").read_text())
    charges = first_of_each(block)
    for name, seconds in (("windows", 5), ("hours", 3600)):
        sums: defaultdict[tuple[str, str, str], list[int]] = defaultdict(list)
        for one in charges:
            second = int(one["timestamp"]) // seconds * seconds
            start = datetime.fromtimestamp(second, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
            sums[start, one["company"], one.get("currency", "EUR")].append(_millionths(one))
        assert {
            (start, company, currency): (Decimal(told_of["cost"]) * 10**6, told_of["events"])
            for start, companies in told[name].items()
            for company, currencies in companies.items()
            for currency, told_of in currencies.items()
        } == {key: (sum(found), len(found)) for key, found in sums.items()}
    assert told["distinct"] == len(charges)
    assert sum(Decimal(cost) for cost in told["cost"].values()) * 10**6 == sum(_millionths(one) for one in charges)
    assert told["bad"] == Counter(
        fact["reason"] for index, fact in enumerate(block.facts.to_pylist())  # type: ignore[union-attr]
        if fact["reason"] and block.offsets[index] >= 0)
