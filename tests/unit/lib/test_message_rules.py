"""The checker's own table of bad input, for every stream."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.lib.message_rules import DEFAULT_RULES, Content, MessageRules, judge
from tests.lib.sample_evidence import MESSAGES
from tests.lib.streams_told import TOLD
from tests.lib.streams_told.devices import DEVICES

NOW_S = 1_700_000_000


def verdict(topic: str = "devices", rules: MessageRules = DEFAULT_RULES, **changes: Any) -> Any:
    message = {"timestamp": NOW_S, "event_id": "e-1", **MESSAGES[topic], **changes}
    return judge(TOLD[topic], json.dumps(message).encode(), NOW_S * 1000, rules)


def spelt(topic: str, field: str, text: str) -> Any:
    """The verdict on a message with a value that is written as `text`."""
    message = json.dumps({"timestamp": NOW_S, **MESSAGES[topic], field: "HERE"}).replace('"HERE"', text)
    return judge(TOLD[topic], message.encode(), NOW_S * 1000)


def raw(text: str) -> Content | str:
    return judge(DEVICES, text.encode(), NOW_S * 1000)


def test_a_good_message_keeps_its_content_and_unknown_fields_are_ignored():
    assert verdict(timestamp=NOW_S + 0.5, more={"x": [1]}) == (
        NOW_S * 1_000_000 + 500_000, "u1", "a1", "SKYPE", 10, "e-1")
    assert verdict(event_id=None).event_id is None
    assert verdict(bytes=0).bytes == 0 and verdict(bytes=2**42).bytes == 2**42


@pytest.mark.parametrize("topic", TOLD)
@pytest.mark.parametrize(
    "value", [None, b"", b"null", b"[]", b"1", b"{} x", b"\xff", b"\xef\xbb\xbf{}", b'{"bytes": NaN}', b"{'a': 1}"]
)
def test_what_is_not_one_json_object_is_parse(topic, value):
    assert judge(TOLD[topic], value, NOW_S * 1000) == "PARSE"


@pytest.mark.parametrize(
    ("topic", "changes", "reason"),
    [
        ("devices", {"bytes": True}, "SCHEMA"),
        ("devices", {"id": 1}, "SCHEMA"),
        ("devices", {"id": {}}, "SCHEMA"),
        ("devices", {"event_id": 5}, "SCHEMA"),
        ("devices", {"timestamp": "1"}, "SCHEMA"),
        ("devices", {"id": None}, "REQUIRED"),
        ("devices", {"id": None, "bytes": "1"}, "SCHEMA"),
        ("devices", {"id": ""}, "ID"),
        ("devices", {"id": "a" * 65}, "ID"),
        ("devices", {"id": "a\n"}, "ID"),
        ("devices", {"app": "=1"}, "ID"),
        ("devices", {"event_id": "é"}, "ID"),
        ("devices", {"event_id": "é", "bytes": -1}, "ID"),
        ("devices", {"bytes": 1.0}, "RANGE"),
        ("devices", {"bytes": -1}, "RANGE"),
        ("devices", {"bytes": 2**42 + 1}, "RANGE"),
        ("devices", {"bytes": -1, "timestamp": 0}, "RANGE"),
        ("devices", {"timestamp": NOW_S + 300.000001}, "FUTURE"),
        ("devices", {"timestamp": NOW_S * 1000}, "FUTURE"),
        ("devices", {"timestamp": 10**400}, "FUTURE"),
        ("devices", {"timestamp": -(10**400)}, "ANCIENT"),
        ("devices", {"timestamp": 0}, "ANCIENT"),
        ("devices", {"timestamp": NOW_S - 35 * 86400 - 0.001}, "ANCIENT"),
        ("resource_usage", {"cpu_usage": 1}, "SCHEMA"),
        ("resource_usage", {"cpu": "1"}, "SCHEMA"),
        ("resource_usage", {"service": 1}, "SCHEMA"),
        ("resource_usage", {"disk": [], "cpu": 200}, "SCHEMA"),
        ("resource_usage", {"Disk": 1}, "REQUIRED"),
        ("resource_usage", {"TIMESTAMP": 1, "timestamp": None}, (NOW_S * 1_000_000, None)),
        ("resource_usage", {"machine_id": None}, "REQUIRED"),
        ("resource_usage", {"service": "", "cpu": 200}, "ID"),
        ("resource_usage", {"cpu": 100.001}, "RANGE"),
        ("resource_usage", {"cpu": 10**350}, "RANGE"),
        ("resource_usage", {"cpu": 1.0005}, "RANGE"),
        ("resource_usage", {"disk": -0.001}, "RANGE"),
        ("resource_usage", {"interval_s": 0}, "RANGE"),
        ("resource_usage", {"interval_s": 1.0}, "RANGE"),
        ("listens", {"is_mobile": 2}, "RANGE"),
        ("listens", {"is_mobile": True}, "SCHEMA"),
        ("listens", {"is_mobile": None, "ISMOBILE": 1}, "REQUIRED"),
        ("listens", {"datetime": 1}, "SCHEMA"),
        ("clicks", {"ad": None}, "REQUIRED"),
        ("clicks", {"timestamp": None, "local_time": 0}, "ANCIENT"),
        ("billing", {"cost": None}, "REQUIRED"),
        ("billing", {"cost": True}, "SCHEMA"),
        ("billing", {"cost": 10**9 + 1}, "RANGE"),
        ("billing", {"currency": "€"}, "ID"),
    ],
)
def test_the_first_reason_that_fits_is_given(topic, changes, reason):
    found = verdict(topic, **changes)

    assert found == reason or (found.event_us, None) == reason


def test_what_is_missing_counts_as_its_default_or_as_unknown():
    sample = verdict("resource_usage", service=None, interval_s=None, timestamp=None, cpu=None)

    assert (sample.service, sample.interval_s, sample.event_us) == ("default", 1, NOW_S * 1_000_000)
    assert (sample.cpu, sample.ram, sample.disk) == (None, None, None)
    assert verdict("resource_usage", memory_usage=12.345).ram == Decimal("12.345")
    assert verdict("billing").currency == "EUR"
    assert verdict("clicks", timestamp=None, local_time=NOW_S).event_us == NOW_S * 1_000_000


@pytest.mark.parametrize("text", ["12.5", "1.25e1", '"12.5"', '"12.500000000"', "12.50000000000000000000000000000000"])
def test_one_cost_may_be_spelt_in_many_ways(text):
    assert spelt("billing", "cost", text).cost == Decimal("12.5")


@pytest.mark.parametrize(
    ("text", "reason"),
    [(f'"{text}"', "SCHEMA") for text in ("1e3", "+1", ".5", "1.", "007", " 1", "1,5", "NaN", "", "١")]
    + [(text, "RANGE") for text in (
        "12.1234567", '"12.1234567"', "12.50000100000000000001", "1e400", "-1e99", "1e-7", f"1e{'9' * 30}")]
    + [(text, "PARSE") for text in ("NaN", "01", "+1")],
)
def test_a_cost_that_is_none_has_its_reason(text, reason):
    assert spelt("billing", "cost", text) == reason


@pytest.mark.parametrize("text", ['"-0"', "-0.0", "0e-20", '"0.00000000000000"'])
def test_nothing_is_nothing_however_it_is_spelt(text):
    assert spelt("billing", "cost", text).cost == 0


def test_a_percent_is_judged_by_its_double():
    assert spelt("resource_usage", "cpu", "55.12300000000000000001").cpu == Decimal("55.123")
    assert spelt("resource_usage", "cpu", "0.1").cpu == Decimal("0.1")
    assert spelt("resource_usage", "cpu", "-0.0").cpu == 0


def test_limits_are_inclusive_and_an_age_of_zero_is_no_limit():
    assert not isinstance(verdict(timestamp=NOW_S + 300), str)
    assert not isinstance(verdict(timestamp=NOW_S - 35 * 86400), str)
    assert not isinstance(verdict(rules=MessageRules(max_age_days=0), timestamp=1), str)
    assert verdict(rules=MessageRules(max_age_days=0), timestamp=-1) == "ANCIENT"


def test_keys_wrong_case_twice_or_too_deep():
    assert raw('{"Timestamp": 1}') == "REQUIRED"
    assert raw('{"id": "a", "id": "a"}') == "SCHEMA"
    assert raw('{"id": "a", "\\u0069d": "a"}') == "SCHEMA"
    assert raw("[" * 9 + "]" * 9) == "SIZE"
    assert raw("[" * 8 + "]" * 8) == "PARSE"
    assert raw('{"x": "' + "[" * 20 + '"}') == "REQUIRED"
    assert raw(" " * 65537) == "SIZE"
    assert raw(" " * 65536) == "PARSE"
    good = json.dumps({"timestamp": NOW_S, **MESSAGES["devices"]})
    assert raw(good.replace(": 10}", f": {'9' * 5000}}}")) == "RANGE"


@given(st.sampled_from(sorted(TOLD)), st.binary(max_size=200))
def test_any_bytes_give_a_verdict(topic, value):
    assert isinstance(judge(TOLD[topic], value, NOW_S * 1000), tuple | str)


ANYTHING = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=5), st.sampled_from(["12.5", "a1", 10**400]))


@given(st.sampled_from(sorted(TOLD)), st.data())
def test_any_values_give_a_verdict(topic, data):
    names = [name for field in TOLD[topic].fields for name in (*field.names, field.name.upper())]
    message = data.draw(st.dictionaries(st.sampled_from([*names, "event_id"]), ANYTHING))
    value = json.dumps({**MESSAGES[topic], "timestamp": NOW_S, **message}).encode()

    assert isinstance(judge(TOLD[topic], value, NOW_S * 1000), tuple | str)
