"""A line at the gateway's door: what is answered ok must hold by the product's own rules when Kafka takes it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import count

import pytest
from hypothesis import given
from hypothesis import strategies as st

from metering.domain.event import Event, Position
from metering.domain.judge import MAX_MESSAGE_BYTES, judge
from metering.domain.stream import TimeRules
from metering.streams.machines import RESOURCE_USAGE
from producers.gateway.lines import Rules, accept, at_the_door, error, read

NOON = datetime(2026, 11, 24, 12, 0, 0, 250_001, tzinfo=UTC)
NOON_US = 1_795_521_600_250_001
DAY_US = 86_400_000_000
PRODUCT = TimeRules()
SAMPLE = {"machine_id": "m1", "service": "web", "cpu": 12.5, "ram": 30.125, "disk": None}


def _rules(times: TimeRules = PRODUCT) -> Rules:
    numbers: Iterator[int] = count(1)
    return Rules(RESOURCE_USAGE, at_the_door(times), lambda: f"made-{next(numbers)}")


def _line(**fields: object) -> bytes:
    return json.dumps(SAMPLE | fields).encode()


def _behind_kafka(line: bytes, append_us: int = NOON_US) -> Event:
    """What the speed layer makes of a kept line."""
    found = judge(RESOURCE_USAGE, line.rstrip(b"\n"), Position("resource_usage", 0, 0), append_us, PRODUCT)
    assert isinstance(found, Event), found
    return found


def _accepted(raw: bytes, rules: Rules | None = None) -> bytes:
    found = accept(rules or _rules(), raw, NOON)
    assert isinstance(found, bytes), found
    return found


def test_a_line_that_lacks_nothing_is_kept_byte_for_byte() -> None:
    raw = _line(timestamp=1_795_521_500.5, event_id="e-1", extra=[1, {"a": "b"}])

    assert _accepted(raw) == raw + b"\n"


def test_a_line_without_time_and_id_is_stamped_with_its_receipt_and_a_fresh_id() -> None:
    rules = _rules()

    short_form = b'{"machine_id":"m","cpu_usage":1,"memory_usage":2}'
    first, second = (_behind_kafka(_accepted(short_form, rules)) for _ in range(2))

    assert (first.event_id, second.event_id) == ("made-1", "made-2")
    assert first.is_timed
    assert abs(first.time_us - NOON_US) <= 1  # a double's worth
    assert first.values["service"] == "default"


@pytest.mark.parametrize("fields", [
    {"timestamp": None}, {"event_id": None}, {"timestamp": None, "event_id": None}, {"note": "event_id"},
])
def test_null_for_a_time_or_an_id_counts_as_missing_and_is_stamped(fields: dict[str, object]) -> None:
    kept = _behind_kafka(_accepted(_line(**fields)))

    assert kept.is_timed
    assert kept.event_id == "made-1"
    assert kept.values["machine_id"] == "m1"


def test_a_key_spelt_with_escapes_is_not_stamped_twice() -> None:
    raw = b'{"machine_id":"m","cpu":1,"ram":2,"\\u0074imestamp":null,"event_\\u0069d":"mine"}'

    assert _behind_kafka(_accepted(raw)).event_id == "mine"


@pytest.mark.parametrize("raw", [
    b'{"machine_id":"m","cpu":1,"ram":2,"note":1e400}',
    b'{"machine_id":"m","cpu":1,"ram":2,"timestamp":null,"note":-1e400}',
    b'{"machine_id":"m","cpu":1,"ram":2,"event_id":null,"note":"\\ud800"}',
])
def test_what_json_cannot_say_again_does_not_spoil_a_stamped_line(raw: bytes) -> None:
    assert _behind_kafka(_accepted(raw)).event_id == "made-1"


@pytest.mark.parametrize("given", [
    b'"event_id":"e","timestamp":1795521500,', b'"event_id":null,"interval_s":5,', b"",
])
def test_an_integer_longer_than_python_reads_is_no_reason_to_stumble(given: bytes) -> None:
    raw = b'{"machine_id":"m","cpu":1,"ram":2,' + given + b'"note":' + b"9" * 5_000 + b"}"

    kept = _accepted(raw)

    assert _behind_kafka(kept).event_id in ("e", "made-1")
    assert read(kept)["machine_id"] == "m"


@pytest.mark.parametrize("raw", [
    _line(timestamp=1_795_521_500, event_id="e") + b"\r",
    b'{"machine_id":"m",\r"cpu":1,\r\t"ram":2,"timestamp":1795521500,"event_id":"e"}',
    b'\r {"machine_id":"m",\r"cpu":1,"ram":2}',
])
def test_a_carriage_return_never_ends_a_line(raw: bytes) -> None:
    kept = _accepted(raw)

    assert b"\r" not in kept
    assert len(kept.splitlines()) == 1
    _behind_kafka(kept)


def test_a_line_that_is_too_large_only_with_its_stamps_is_refused() -> None:
    frame = len(_line(note=""))
    fits, too_large = (_line(note="x" * (MAX_MESSAGE_BYTES - frame - spare)) for spare in (100, 10))

    assert len(_behind_kafka(_accepted(fits)).values) == len(_behind_kafka(_accepted(_line())).values)
    assert str(accept(_rules(), too_large, NOON)).startswith("error: line: SIZE: ")


def test_a_line_of_nearly_the_age_limit_is_refused_since_kafka_may_take_it_a_day_later() -> None:
    limit_s = NOON_US / 1e6 - 35 * 86_400
    young, old = (_line(event_id="e", timestamp=limit_s + 86_400 + spare_s) for spare_s in (1, -1))

    _behind_kafka(_accepted(young), NOON_US + DAY_US)
    assert str(accept(_rules(), old, NOON)).startswith("error: timestamp: ANCIENT: ")


def test_rules_at_the_door_leave_room_however_short_the_limits_are() -> None:
    assert at_the_door(TimeRules(max_age_s=None)) == TimeRules(max_age_s=None, max_ahead_s=295)
    assert at_the_door(TimeRules(max_age_s=86_400, max_ahead_s=2)) == TimeRules(max_age_s=77_760, max_ahead_s=0)
    _accepted(_line(), _rules(TimeRules(max_age_s=10, max_ahead_s=0)))


@pytest.mark.parametrize(("raw", "begins"), [
    (b"", "error: line: PARSE: "),
    (b"\x00\xff\xfe", "error: line: PARSE: "),
    (b"[1]", "error: line: PARSE: "),
    (b'{"machine_id":"m","cpu":1}', "error: ram: REQUIRED: "),
    (_line(cpu=100.001), "error: cpu: RANGE: "),
    (_line(cpu="12"), "error: cpu: SCHEMA: "),
    (_line(machine_id="../x"), "error: machine_id: ID: "),
    (_line(timestamp=1_795_521_600_000), "error: timestamp: FUTURE: "),
])
def test_a_bad_line_is_refused_with_field_and_reason(raw: bytes, begins: str) -> None:
    assert str(accept(_rules(), raw, NOON)).startswith(begins)


@given(st.text())
def test_an_error_is_one_line(why: str) -> None:
    assert len(error("line", why * 1_000).splitlines()) == 1
    assert len(error("line", why * 1_000)) < 500


@given(st.one_of(
    st.binary(max_size=200),
    st.dictionaries(
        st.sampled_from(["machine_id", "cpu", "ram", "disk", "timestamp", "event_id", "service", "note"]),
        st.one_of(st.none(), st.just("m"), st.integers(0, 100), st.text(max_size=5), st.floats())
    ).map(lambda fields: json.dumps({"machine_id": "m", "cpu": 1, "ram": 2} | fields).encode()),
))
def test_whatever_comes_is_refused_in_a_line_or_holds_behind_kafka(raw: bytes) -> None:
    found = accept(_rules(), raw, NOON)

    if isinstance(found, str):
        assert found.startswith("error: ")
    else:
        assert found.count(b"\n") == 1
        kept = _behind_kafka(found, NOON_US + DAY_US)
        assert kept.is_timed and kept.event_id
