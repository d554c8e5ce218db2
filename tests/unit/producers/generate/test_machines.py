"""The generated fleet: samples the product accepts, as their facts say, and the truth as counted naively."""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from datetime import UTC, datetime
from decimal import Decimal
from itertools import count, pairwise
from pathlib import Path
from typing import Any

import pytest

from metering.domain.errors import BadSettings
from metering.domain.event import Event, Position
from metering.domain.judge import judge
from metering.domain.stream import TimeRules
from metering.streams.machines import RESOURCE_USAGE
from producers.generate.machines.fleet import SERVICES, parts
from producers.generate.messages import Messages
from producers.generate.plan import Faults, Plan
from producers.generate.streams import GENERATORS
from producers.generate.truth import Truth
from tests.unit.producers.generate.plans import FAULTS, HOUR_MS, START_MS, Sent, acknowledged, all_of, first_of_each

NOW_US = (START_MS + 48 * HOUR_MS) * 1000
MACHINES = GENERATORS["resource_usage"]


def _plan(seed: int = 7, events: int = 12_000, hours: int = 6, faults: Faults = FAULTS, machines: int = 8) -> Plan:
    return Plan(seed, START_MS, START_MS + hours * HOUR_MS, events, faults, subjects=machines, interval_s=23)


def _sent(plan: Plan) -> Sent:
    return all_of(plan, "resource_usage")


def test_the_same_plan_gives_the_same_bytes_keys_and_facts_and_another_seed_others() -> None:
    first, second, other = _sent(_plan()), _sent(_plan()), _sent(_plan(seed=8))

    assert (first.values, first.keys) == (second.values, second.keys)
    assert first.facts.equals(second.facts)
    assert not set(first.facts["event_id"].to_pylist()) & set(other.facts["event_id"].to_pylist()) - {None}


def test_every_message_but_the_bad_ones_is_accepted_and_says_what_its_facts_say() -> None:
    sent = _sent(_plan())

    for number, value, fact in zip(count(), sent.values, sent.facts.to_pylist(), strict=False):
        verdict = judge(RESOURCE_USAGE, value, Position("resource_usage", 0, number), NOW_US, TimeRules())
        if fact["kind"] == "bad":
            assert not isinstance(verdict, Event)
            assert verdict.reason.name == fact["reason"]
            continue
        assert isinstance(verdict, Event)
        assert verdict.event_id == fact["event_id"]
        assert verdict.time_us == round(fact["timestamp"].timestamp() * 1_000_000)
        assert dict(verdict.values) == {name: fact[name] for name in verdict.values}


def test_percents_are_written_with_three_decimals_and_some_are_unknown() -> None:
    sent = _sent(_plan(faults=Faults()))

    texts = [(value or b"").decode() for value in sent.values]
    percents = [json.loads(text, parse_float=str) for text in texts]
    assert all(len(one["disk"].partition(".")[2]) == 3 for one in percents if one["disk"] is not None)
    assert 300 < sum(one["disk"] is None for one in percents) < 900
    assert 20 < sum(one["cpu"] is None and one["ram"] is None for one in percents) < 150


def test_each_machine_runs_a_service_and_all_services_run() -> None:
    fleet = parts(8)

    assert {part.service for part in fleet} == set(SERVICES)
    assert len({part.machine_id for part in fleet}) == 8
    assert len(set(fleet)) == len(fleet) > 8


def test_a_service_on_a_machine_is_sampled_at_even_intervals_that_each_sample_states() -> None:
    times = defaultdict(list)
    for fact in _sent(_plan(faults=Faults(), events=13 * 939)).facts.to_pylist():
        times[fact["machine_id"], fact["service"]].append(fact["timestamp"].timestamp())
        assert fact["interval_s"] == 23

    gaps = [after - before for moments in times.values() for before, after in pairwise(moments)]
    assert len(times) == 13
    assert 19 < min(gaps) <= max(gaps) < 27
    assert sum(gaps) / len(gaps) == pytest.approx(23, rel=0.01)


def test_machines_are_busier_by_day_than_by_night() -> None:
    by_hour = defaultdict(list)
    for fact in _sent(_plan(faults=Faults(), hours=24)).facts.to_pylist():
        if fact["cpu"] is not None and fact["service"] == "web":
            by_hour[fact["timestamp"].hour].append(fact["cpu"])

    mean = {hour: sum(found) / len(found) for hour, found in by_hour.items()}
    assert mean[20] > 2 * mean[4]


def test_a_conflict_has_the_identity_and_time_of_an_event_before_it_and_another_cpu() -> None:
    first: dict[str, dict[str, Any]] = {}
    conflicts = 0
    for fact in _sent(_plan()).facts.to_pylist():
        if fact["kind"] == "conflict":
            conflicts += 1
            original = first[fact["event_id"]]
            assert fact["cpu"] != original["cpu"]
            assert {name: fact[name] for name in fact if name not in ("cpu", "kind")} == {
                name: original[name] for name in original if name not in ("cpu", "kind")}
        elif fact["kind"] in ("good", "late"):
            first[fact["event_id"]] = fact
    assert conflicts > 100


def test_a_late_sample_lies_in_an_hour_before_that_of_its_neighbours() -> None:
    place = None
    for fact in _sent(_plan(faults=Faults(late=0.05))).facts.to_pylist():
        hour = fact["timestamp"].replace(minute=0, second=0, microsecond=0)
        if fact["kind"] == "late":
            assert place is not None
            assert hour < place
        else:
            place = hour


def test_a_live_sample_happens_when_it_is_sent() -> None:
    plan = Plan(3, START_MS, None, 50, Faults(), subjects=2, interval_s=2)
    messages = Messages("resource_usage", *MACHINES.begin(plan)(0), (), with_facts=True)

    blocks = [messages.block(index, index + 1, START_MS + index) for index in range(len(messages))]

    assert [round(json.loads(block.values[0] or b"")["timestamp"] * 1000) for block in blocks] == [
        START_MS + index for index in range(50)]


def _named(seconds: Decimal, window_s: int) -> str:
    return datetime.fromtimestamp(int(seconds) // window_s * window_s, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def test_totals_equal_a_naive_recount(tmp_path: Path) -> None:
    block = acknowledged(_sent(_plan()), "resource_usage")

    with Truth(tmp_path, MACHINES) as truth:
        truth.record(block)

    totals = json.loads((tmp_path / "totals.json").read_text())
    minutes, hours = defaultdict(list), defaultdict(list)
    for sample in first_of_each(block):
        minutes[_named(sample["timestamp"], 60), sample["service"]].append(sample)
        hours[_named(sample["timestamp"], 3600), sample["machine_id"]].append(sample)
    assert {(minute, service) for minute, services in totals["service_minutes"].items() for service in services} == set(
        minutes)
    for (minute, service), samples in minutes.items():
        assert totals["service_minutes"][minute][service] == _service_minute(samples)
    for (hour, machine), samples in hours.items():
        assert totals["machine_hours"][hour][machine] == _machine_hour(samples)
    assert sum(map(len, minutes.values())) == totals["distinct"]
    assert totals["bad"] == Counter(fact["reason"] for index, fact in enumerate(block.facts.to_pylist())  # type: ignore[union-attr]
                                    if fact["reason"] and block.offsets[index] >= 0)


def _service_minute(samples: list[dict[str, Any]]) -> dict[str, Any]:
    found: dict[str, Any] = {"msg_num": len(samples)}
    for name in ("cpu", "ram", "disk"):
        known = [(sample[name], sample["timestamp"]) for sample in samples if sample[name] is not None]
        peak = max(known, key=lambda one: (one[0], -one[1])) if known else None
        at = datetime.fromtimestamp(float(peak[1]), UTC).isoformat(timespec="milliseconds") if peak else None
        found |= {
            name: str(sum((reading for reading, _ in known), Decimal("0.000"))),
            f"max_{name}": str(peak[0]) if peak else None,
            f"max_{name}_time": at.replace("+00:00", "Z") if at else None}
    return found


def _machine_hour(samples: list[dict[str, Any]]) -> dict[str, Any]:
    def percent_s(name: str) -> str:
        return str(sum((one[name] * one["interval_s"] for one in samples if one[name] is not None), Decimal("0.000")))

    return {
        "cpu_percent_s": percent_s("cpu"), "ram_percent_s": percent_s("ram"),
        "sampled_s": sum(one["interval_s"] for one in samples if one["cpu"] is not None), "samples": len(samples)}


def test_a_folder_with_the_truth_of_another_stream_is_refused_and_left_as_it_is(tmp_path: Path) -> None:
    with Truth(tmp_path, GENERATORS["devices"]):
        pass
    before = (tmp_path / "totals.json").read_text()

    with pytest.raises(BadSettings, match="another stream"):
        Truth(tmp_path, MACHINES)

    assert (tmp_path / "totals.json").read_text() == before
    with Truth(tmp_path, GENERATORS["devices"]):
        pass
