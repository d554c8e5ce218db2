"""Machine samples as they come in: what each gets, short forms, defaults and bad ones, from both deciders."""

from __future__ import annotations

import json
from decimal import Decimal

import pytest

from metering.arrow.decode import decode
from metering.domain.event import Event, Position, Rejection
from metering.domain.judge import judge
from metering.domain.stream import TimeRules
from metering.streams import STREAMS
from tests.spec.engines import Arrow, Engine, Message, PlainPython, batch_of

STREAM = STREAMS["resource_usage"]
NOW_S = 1_763_900_000
GOOD: dict[str, object] = {
    "machine_id": "m1", "service": "web", "timestamp": NOW_S - 5.5, "cpu": 12.5, "ram": 40, "disk": 70.125,
    "interval_s": 5, "event_id": "e-1"}
DECIDERS: list[Engine] = [PlainPython(), Arrow()]


def changed(**fields: object) -> bytes:
    return json.dumps(GOOD | fields).encode()


def without(*names: str, **fields: object) -> bytes:
    return json.dumps({name: value for name, value in (GOOD | fields).items() if name not in names}).encode()


def raw_value(name: str, text: str) -> bytes:
    return changed(**{name: "@@"}).replace(b'"@@"', text.encode())


ROWS: list[tuple[str, bytes, str]] = [
    ("text for a percent", changed(cpu="12"), "SCHEMA"),
    ("true for a percent", changed(ram=True), "SCHEMA"),
    ("an object for an optional percent", changed(disk={}), "SCHEMA"),
    ("a number for a service", changed(service=4), "SCHEMA"),
    ("text for seconds", changed(interval_s="1"), "SCHEMA"),
    ("cpu under both names", changed(cpu_usage=12.5), "SCHEMA"),
    ("text under the other name", without("cpu", cpu_usage="12"), "SCHEMA"),
    ("NaN", raw_value("cpu", "NaN"), "PARSE"),
    ("no machine", without("machine_id"), "REQUIRED"),
    ("null for the machine", changed(machine_id=None), "REQUIRED"),
    ("no cpu", without("cpu"), "REQUIRED"),
    ("no ram", without("ram"), "REQUIRED"),
    ("cpu in wrong case", without("cpu", CPU=5), "REQUIRED"),
    ("the other name in wrong case", without("cpu", Cpu_Usage=5), "REQUIRED"),
    ("disk in wrong case", without("disk", Disk=5), "REQUIRED"),
    ("disk in wrong case and null", without("disk", Disk=None), "REQUIRED"),
    ("service in wrong case", without("service", Service="x"), "REQUIRED"),
    ("time in wrong case", without("timestamp", Timestamp=NOW_S), "REQUIRED"),
    ("seconds in wrong case", without("interval_s", INTERVAL_S=3), "REQUIRED"),
    ("a machine with a slash", changed(machine_id="a/b"), "ID"),
    ("a service with a blank", changed(service="a b"), "ID"),
    ("an empty service", changed(service=""), "ID"),
    ("below zero", changed(cpu=-0.001), "RANGE"),
    ("above a hundred", changed(ram=100.001), "RANGE"),
    ("four decimals", changed(cpu=12.3456), "RANGE"),
    ("four decimals, almost none", changed(disk=0.0001), "RANGE"),
    ("beyond all numbers", raw_value("cpu", "1e400"), "RANGE"),
    ("a huge whole number", raw_value("cpu", "1" + "0" * 300), "RANGE"),
    ("a whole number that no double holds", raw_value("cpu", "1" + "0" * 350), "RANGE"),
    ("seconds of nothing", changed(interval_s=0), "RANGE"),
    ("more than an hour", changed(interval_s=3601), "RANGE"),
    ("a part of a second", changed(interval_s=1.5), "RANGE"),
    ("whole seconds with a point", raw_value("interval_s", "5.0"), "RANGE"),
    ("milliseconds", changed(timestamp=NOW_S * 1000), "FUTURE"),
    ("the time 0", changed(timestamp=0), "ANCIENT"),
]  # fmt: skip

UNKNOWN = {"cpu": None, "ram": None, "disk": None}
ACCEPTED: list[tuple[str, bytes, dict[str, object]]] = [
    ("as it should be", changed(),
     {"cpu": Decimal("12.500"), "ram": Decimal("40.000"), "disk": Decimal("70.125"), "interval_s": 5}),
    ("the short form", b'{"machine_id": "m9", "cpu_usage": 7.25, "memory_usage": 8}',
     {"machine_id": "m9", "service": "default", "cpu": Decimal("7.250"), "ram": Decimal("8.000"), "disk": None,
      "interval_s": 1}),
    ("unknown readings", changed(cpu=None, ram=None, disk=None), UNKNOWN),
    ("unknown under the other name", without("cpu", cpu_usage=None), {"cpu": None}),
    ("known under one name, null under the other", changed(cpu_usage=None), {"cpu": Decimal("12.500")}),
    ("no disk", without("disk"), {"disk": None}),
    ("null for what may be missing", changed(service=None, interval_s=None), {"service": "default", "interval_s": 1}),
    ("none and all", changed(cpu=0, ram=100), {"cpu": Decimal("0.000"), "ram": Decimal("100.000")}),
    ("minus nothing", raw_value("cpu", "-0.0"), {"cpu": Decimal("0.000")}),
    ("zeros after the point", raw_value("cpu", "5.12300"), {"cpu": Decimal("5.123")}),
    ("an exponent", raw_value("cpu", "5.5e1"), {"cpu": Decimal("55.000")}),
    ("a sum of doubles that is no decimal but reads as one", changed(cpu=0.1), {"cpu": Decimal("0.100")}),
    ("an hour", changed(interval_s=3600), {"interval_s": 3600}),
    ("an extra in wrong case beside the right one", changed(Disk=3), {"disk": Decimal("70.125")}),
]  # fmt: skip


def among_good(raw: bytes) -> list[Message]:
    good = [changed(event_id=f"good-{number}") for number in range(5)]
    raws = [*good[:2], raw, *good[2:]]
    return [Message(one, NOW_S * 10**6, offset=offset) for offset, one in enumerate(raws)]


@pytest.mark.parametrize("decider", DECIDERS, ids=["plain Python", "Arrow"])
@pytest.mark.parametrize(("raw", "reason"), [row[1:] for row in ROWS], ids=[row[0] for row in ROWS])
def test_a_bad_sample_gets_its_reason_and_costs_no_neighbour(raw: bytes, reason: str, decider: Engine) -> None:
    answer = decider.count(STREAM, STREAM.rollup("service_minute"), among_good(raw), TimeRules())

    assert answer.rejected == {2: reason}
    [values] = answer.windows.values()
    assert values[0] == Decimal("62.500")


@pytest.mark.parametrize(("raw", "held"), [row[1:] for row in ACCEPTED], ids=[row[0] for row in ACCEPTED])
def test_a_good_sample_is_held_alike_by_both(raw: bytes, held: dict[str, object]) -> None:
    event = judge(STREAM, raw, Position("t", 0, 2), NOW_S * 10**6, TimeRules())
    rows = decode(STREAM, batch_of(STREAM, among_good(raw)), TimeRules()).accepted.to_pylist()

    assert isinstance(event, Event)
    assert {name: event.values[name] for name in held} == held
    [row] = [row for row in rows if row["offset"] == 2]
    assert {name: row[name] for name in event.values} == event.values
    assert round(row["timestamp"].timestamp() * 1e6) == event.time_us


def test_without_a_time_it_is_kafkas_append_time() -> None:
    event = judge(STREAM, without("timestamp"), Position("t", 0, 0), NOW_S * 10**6, TimeRules())

    assert isinstance(event, Event)
    assert (event.time_us, event.is_timed) == (NOW_S * 10**6, False)


@pytest.mark.parametrize("decider", DECIDERS, ids=["plain Python", "Arrow"])
def test_a_resent_sample_without_a_time_is_a_repeat_not_a_conflict(decider: Engine) -> None:
    raws = [without("timestamp"), without("timestamp"), without("timestamp", cpu=99)]
    messages = [Message(raw, NOW_S * 10**6 + at * 10**6, offset=at) for at, raw in enumerate(raws)]

    answer = decider.count(STREAM, STREAM.rollup("service_minute"), messages, TimeRules())

    assert (answer.repeats, answer.conflicts) == (2, 1)


@pytest.mark.parametrize("decider", DECIDERS, ids=["plain Python", "Arrow"])
def test_a_resent_sample_whose_time_was_the_moment_of_its_append_is_a_repeat(decider: Engine) -> None:
    messages = [Message(changed(timestamp=NOW_S), NOW_S * 10**6 + at * 10**6, offset=at) for at in range(3)]

    answer = decider.count(STREAM, STREAM.rollup("service_minute"), messages, TimeRules())

    assert (answer.repeats, answer.conflicts) == (2, 0)


def test_a_hint_says_what_is_wanted() -> None:
    fault = judge(STREAM, changed(cpu=12.3456), Position("t", 0, 0), NOW_S * 10**6, TimeRules())

    assert isinstance(fault, Rejection)
    assert (fault.field, fault.found, fault.hint) == ("cpu", "12.3456", "a number 0 … 100, at most 3 decimals")
