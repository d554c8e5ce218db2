"""The table of bad input: what each message gets, alone and among good neighbours, from both deciders."""

from __future__ import annotations

import json

import pytest

from metering.domain.stream import TimeRules
from metering.streams import DEVICES
from tests.spec.engines import Arrow, Engine, Message, PlainPython

NOW_S = 1_763_900_000
GOOD: dict[str, object] = {
    "timestamp": NOW_S - 5.5, "id": "u1", "antenna_id": "a1", "app": "SKYPE", "bytes": 7, "event_id": "e-1"}


def changed(**fields: object) -> bytes:
    return json.dumps(GOOD | fields).encode()


def without(*names: str) -> bytes:
    return json.dumps({name: value for name, value in GOOD.items() if name not in names}).encode()


def raw_value(name: str, text: str) -> bytes:
    return changed(**{name: "@@"}).replace(b'"@@"', text.encode())


ROWS: list[tuple[str, bytes | None, str]] = [
    ("a tombstone", None, "PARSE"),
    ("nothing", b"", "PARSE"),
    ("a blank", b" ", "PARSE"),
    ("null", b"null", "PARSE"),
    ("an array", b"[1]", "PARSE"),
    ("a number", b"12", "PARSE"),
    ("text", b"hello", "PARSE"),
    ("binary", bytes(range(256)), "PARSE"),
    ("invalid UTF-8 in a value", changed().replace(b"SKYPE", b"SK\xff"), "PARSE"),
    ("invalid UTF-8 in an extra", changed(extra="@").replace(b"@", b"\xc3"), "PARSE"),
    ("a byte order mark", b"\xef\xbb\xbf" + changed(), "PARSE"),
    ("trailing text", changed() + b" x", "PARSE"),
    ("two objects", changed() + changed(), "PARSE"),
    ("two objects on two lines", changed() + b"\n" + changed(), "PARSE"),
    ("an object cut short", changed()[:-1], "PARSE"),
    ("a trailing comma", changed()[:-1] + b",}", "PARSE"),
    ("single quotes", b"{'id': 1}", "PARSE"),
    ("NaN", raw_value("timestamp", "NaN"), "PARSE"),
    ("Infinity", raw_value("timestamp", "Infinity"), "PARSE"),
    ("NaN in an extra field", changed(extra="@@").replace(b'"@@"', b"NaN"), "PARSE"),
    ("a leading zero", raw_value("bytes", "007"), "PARSE"),
    ("a line break in a text", changed(app="@").replace(b"@", b"\n"), "PARSE"),
    ("text for a number", changed(bytes="7"), "SCHEMA"),
    ("a number for text", changed(id=7), "SCHEMA"),
    ("an object for text", changed(app={"name": "X"}), "SCHEMA"),
    ("an array for text", changed(antenna_id=["a"]), "SCHEMA"),
    ("true for a number", changed(bytes=True), "SCHEMA"),
    ("text for the time", changed(timestamp="2021-02-19T21:00:00Z"), "SCHEMA"),
    ("a number for event_id", changed(event_id=7), "SCHEMA"),
    ("a key given twice", changed()[:-1] + b', "id": "u2"}', "SCHEMA"),
    ("an extra key given twice", changed(extra=1)[:-1] + b', "extra": 1}', "SCHEMA"),
    ("a missing field", without("app"), "REQUIRED"),
    ("no field at all", b"{}", "REQUIRED"),
    ("null for a field", changed(bytes=None), "REQUIRED"),
    ("a field in wrong case", without("id")[:-1] + b', "ID": "u1"}', "REQUIRED"),
    ("negative bytes", changed(bytes=-1), "RANGE"),
    ("bytes with a fraction", changed(bytes=1.5), "RANGE"),
    ("bytes spelt 1.0", raw_value("bytes", "1.0"), "RANGE"),
    ("bytes spelt 1e2", raw_value("bytes", "1e2"), "RANGE"),
    ("bytes over 2^42", changed(bytes=2**42 + 1), "RANGE"),
    ("bytes over 2^64", changed(bytes=2**70), "RANGE"),
    ("bytes of five thousand digits", raw_value("bytes", "9" * 5000), "RANGE"),
    ("a time six minutes ahead", changed(timestamp=NOW_S + 360), "FUTURE"),
    ("a time a year ahead", changed(timestamp=NOW_S + 31_536_000), "FUTURE"),
    ("milliseconds", changed(timestamp=NOW_S * 1000), "FUTURE"),
    ("microseconds", changed(timestamp=NOW_S * 10**6), "FUTURE"),
    ("a time beyond all numbers", raw_value("timestamp", "1e400"), "FUTURE"),
    ("a time of 500 digits", raw_value("timestamp", "1" * 500), "FUTURE"),
    ("36 days ago", changed(timestamp=NOW_S - 36 * 86_400), "ANCIENT"),
    ("the time 0", changed(timestamp=0), "ANCIENT"),
    ("a negative time", changed(timestamp=-5), "ANCIENT"),
    ("minus beyond all numbers", raw_value("timestamp", "-1e400"), "ANCIENT"),
    *(
        (f"an id that is {text!a}", changed(id=text), "ID")
        for text in (
            "", "a/b", "..", "../x", "a\0b", "a\nb", "a b", "‮abc", "📱", "é", "=1+1", "+x", "-x", "@x", ".x", "_x",
            "x" * 65, "\ud800")
    ),
    ("an event_id that breaks the rule", changed(event_id="no spaces"), "ID"),
    ("an empty event_id", changed(event_id=""), "ID"),
    ("over 64 KiB", changed(extra="x" * 70_000), "SIZE"),
    ("over 64 KiB and no JSON", b"x" * 70_000, "SIZE"),
    ("nested nine deep", changed(extra=[[[[[[[[1]]]]]]]]), "SIZE"),
    ("nested deep and no JSON", b"[" * 60_000, "SIZE"),
    ("kind before presence", changed(bytes="7", app=None), "SCHEMA"),
    ("presence before id", changed(id="/", app=None), "REQUIRED"),
    ("id before range", changed(id="/", bytes=-1), "ID"),
    ("range before time", changed(timestamp=0, bytes=-1), "RANGE"),
]  # fmt: skip

ACCEPTED: list[tuple[str, bytes]] = [
    ("as it should be", changed()),
    ("without event_id", without("event_id")),
    ("null for event_id", changed(event_id=None)),
    ("bytes of nothing", changed(bytes=0)),
    ("bytes of 2^42", changed(bytes=2**42)),
    ("bytes spelt -0", raw_value("bytes", "-0")),
    ("a whole number for the time", changed(timestamp=NOW_S)),
    ("an exponent in the time", raw_value("timestamp", f"{NOW_S // 1000}e3")),
    ("exactly five minutes ahead", changed(timestamp=NOW_S + 300)),
    ("exactly 35 days ago", changed(timestamp=NOW_S - 35 * 86_400)),
    ("an unknown extra field", changed(extra="anything", more=5)),
    ("an unknown object", changed(extra={"a": [1, {"b": 2}]})),
    ("an extra text with braces", changed(extra='}{][",:')),
    ("an extra key in wrong case beside the right one", changed(ID="x")),
    ("nested eight deep", changed(extra=[[[[[[[1]]]]]]])),
    ("spaces and line breaks around", b" \n" + changed().replace(b",", b" ,\n ") + b"\r\n"),
    ("escapes in a key", changed().replace(b'"id"', b'"\\u0069d"')),
    ("escapes in a value", changed().replace(b"SKYPE", b"SK\\u0059PE")),
    ("an id of 64 characters with all marks", changed(id="aZ09._:-" * 8)),
    ("an extra that is half a surrogate", changed(extra="\ud800")),
]

DECIDERS: list[Engine] = [PlainPython(), Arrow()]


def among_good(raw: bytes | None) -> list[Message]:
    """The message between good ones of other identities, so that a block read meets it."""
    good = [changed(event_id=f"good-{number}") for number in range(5)]
    raws = [*good[:2], raw, *good[2:]]
    return [Message(one, NOW_S * 10**6, offset=offset) for offset, one in enumerate(raws)]


@pytest.mark.parametrize("decider", DECIDERS, ids=["plain Python", "Arrow"])
@pytest.mark.parametrize(("raw", "reason"), [row[1:] for row in ROWS], ids=[row[0] for row in ROWS])
def test_bad_input_gets_its_reason_and_costs_no_neighbour(raw: bytes | None, reason: str, decider: Engine) -> None:
    answer = decider.count(DEVICES, DEVICES.rollups[0], among_good(raw), TimeRules())

    assert answer.rejected == {2: reason}
    assert sum(values[0] for (_, kind, _), values in answer.windows.items() if kind == "user_total_bytes") == 35


@pytest.mark.parametrize("decider", DECIDERS, ids=["plain Python", "Arrow"])
@pytest.mark.parametrize("raw", [row[1] for row in ACCEPTED], ids=[row[0] for row in ACCEPTED])
def test_odd_but_good_input_is_counted(raw: bytes, decider: Engine) -> None:
    answer = decider.count(DEVICES, DEVICES.rollups[0], among_good(raw), TimeRules())

    assert answer.rejected == {}
    assert answer == PlainPython().count(DEVICES, DEVICES.rollups[0], among_good(raw), TimeRules())


@pytest.mark.parametrize("decider", DECIDERS, ids=["plain Python", "Arrow"])
def test_no_age_limit_still_refuses_times_before_1970(decider: Engine) -> None:
    messages = [Message(changed(timestamp=at), NOW_S * 10**6, offset=offset) for offset, at in enumerate((1, 0, -1))]

    answer = decider.count(DEVICES, DEVICES.rollups[0], messages, TimeRules(max_age_s=None))

    assert answer.rejected == {1: "ANCIENT", 2: "ANCIENT"}
