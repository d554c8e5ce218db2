"""The checker's own table of bad input."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.lib.message_rules import DEFAULT_RULES, Content, MessageRules, judge

NOW_S = 1_700_000_000
GOOD = {"timestamp": NOW_S, "id": "u1", "antenna_id": "a1", "app": "SKYPE", "bytes": 1, "event_id": "e-1"}


def verdict(rules: MessageRules = DEFAULT_RULES, **changes) -> Content | str:
    return judge(json.dumps(GOOD | changes).encode(), NOW_S * 1000, rules)


def raw(text: str) -> Content | str:
    return judge(text.encode(), NOW_S * 1000)


def test_a_good_message_keeps_its_content_and_unknown_fields_are_ignored():
    assert verdict(timestamp=NOW_S + 0.5, more={"x": [1]}) == Content(
        NOW_S * 1_000_000 + 500_000, "u1", "a1", "SKYPE", 1, "e-1"
    )
    assert verdict(event_id=None).event_id is None
    assert verdict(bytes=0).bytes == 0 and verdict(bytes=2**42).bytes == 2**42


@pytest.mark.parametrize(
    "value", [None, b"", b"null", b"[]", b"1", b"{} x", b"\xff", b"\xef\xbb\xbf{}", b'{"bytes": NaN}', b"{'a': 1}"]
)
def test_what_is_not_one_json_object_is_parse(value):
    assert judge(value, NOW_S * 1000) == "PARSE"


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"bytes": True}, "SCHEMA"),
        ({"id": 1}, "SCHEMA"),
        ({"id": {}}, "SCHEMA"),
        ({"event_id": 5}, "SCHEMA"),
        ({"timestamp": "1"}, "SCHEMA"),
        ({"id": None}, "REQUIRED"),
        ({"id": None, "bytes": "1"}, "SCHEMA"),
        ({"id": ""}, "ID"),
        ({"id": "a" * 65}, "ID"),
        ({"id": "a\n"}, "ID"),
        ({"app": "=1"}, "ID"),
        ({"event_id": "é"}, "ID"),
        ({"event_id": "é", "bytes": -1}, "ID"),
        ({"bytes": 1.0}, "RANGE"),
        ({"bytes": -1}, "RANGE"),
        ({"bytes": 2**42 + 1}, "RANGE"),
        ({"bytes": -1, "timestamp": 0}, "RANGE"),
        ({"timestamp": NOW_S + 300.000001}, "FUTURE"),
        ({"timestamp": NOW_S * 1000}, "FUTURE"),
        ({"timestamp": 10**400}, "FUTURE"),
        ({"timestamp": -(10**400)}, "ANCIENT"),
        ({"timestamp": 0}, "ANCIENT"),
        ({"timestamp": NOW_S - 35 * 86400 - 0.001}, "ANCIENT"),
    ],
)
def test_the_first_reason_that_fits_is_given(changes, reason):
    assert verdict(**changes) == reason


def test_limits_are_inclusive_and_an_age_of_zero_is_no_limit():
    assert isinstance(verdict(timestamp=NOW_S + 300), Content)
    assert isinstance(verdict(timestamp=NOW_S - 35 * 86400), Content)
    assert isinstance(verdict(MessageRules(max_age_days=0), timestamp=1), Content)
    assert verdict(MessageRules(max_age_days=0), timestamp=-1) == "ANCIENT"


def test_keys_wrong_case_twice_or_too_deep():
    assert raw('{"Timestamp": 1}') == "REQUIRED"
    assert raw('{"id": "a", "id": "a"}') == "SCHEMA"
    assert raw('{"id": "a", "\\u0069d": "a"}') == "SCHEMA"
    assert raw("[" * 9 + "]" * 9) == "SIZE"
    assert raw("[" * 8 + "]" * 8) == "PARSE"
    assert raw('{"x": "' + "[" * 20 + '"}') == "REQUIRED"
    assert raw(" " * 65537) == "SIZE"
    assert raw(" " * 65536) == "PARSE"
    assert raw(json.dumps(GOOD).replace(": 1,", f": {'9' * 5000},")) == "RANGE"


@given(st.binary(max_size=200))
def test_any_bytes_give_a_verdict(value):
    assert isinstance(judge(value, NOW_S * 1000), Content | str)
