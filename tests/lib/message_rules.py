"""The bad-input table a second time, written from the contract and not from the product."""

from __future__ import annotations

import json
import math
import re
from typing import Any, NamedTuple

MICROSECONDS = 1_000_000
HOUR_US = 3600 * MICROSECONDS
IDENTIFIER = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:-]{0,63}")
LARGEST_BYTES = 2**42
LARGEST_MESSAGE = 64 * 1024
DEEPEST = 8
NUMBERS, TEXTS = ("timestamp", "bytes"), ("id", "antenna_id", "app", "event_id")
REQUIRED = ("timestamp", "id", "antenna_id", "app", "bytes")


class MessageRules(NamedTuple):
    """The two limits that can be configured; an age of 0 days is no limit."""

    max_age_days: float = 35
    max_ahead_s: float = 300


DEFAULT_RULES = MessageRules()


class Content(NamedTuple):
    """What an accepted message says; the time in microseconds since the epoch, floored."""

    event_us: int
    id: str
    antenna_id: str
    app: str
    bytes: int
    event_id: str | None

    @property
    def hour_us(self) -> int:
        """The start of the event's hour."""
        return self.event_us // HOUR_US * HOUR_US


class _Rejected(Exception):
    """Carries the reason."""


class _Object(dict):
    """A JSON object that remembers whether a key came twice."""

    twice = False


def judge(value: bytes | None, append_ms: int, rules: MessageRules = DEFAULT_RULES) -> Content | str:
    """The content of a good message, or the first reason that fits a bad one, by Kafka's append time.

    >>> judge(b'null', 0)
    'PARSE'
    """
    try:
        message = parse(value)
        check_fields(message)
        event_us = check_time(message["timestamp"], append_ms * 1000, rules)
    except _Rejected as rejected:
        return str(rejected)
    texts = (message["id"], message["antenna_id"], message["app"])
    return Content(event_us, *texts, message["bytes"], message.get("event_id"))


def parse(value: bytes | None) -> _Object:
    """SIZE, then PARSE, then a key that came twice."""
    if value is None:
        raise _Rejected("PARSE")
    if len(value) > LARGEST_MESSAGE or depth(value) > DEEPEST:
        raise _Rejected("SIZE")
    try:
        message = _decoder.decode(value.decode("utf-8"))
    except ValueError:
        raise _Rejected("PARSE") from None
    if not isinstance(message, _Object):
        raise _Rejected("PARSE")
    if message.twice:
        raise _Rejected("SCHEMA")
    return message


def check_fields(message: dict[str, Any]) -> None:
    """SCHEMA for each field, then REQUIRED, ID and RANGE; null is the same as a field that is not there."""
    given = {name: value for name, value in message.items() if value is not None}
    if any(name in given and type(given[name]) not in (int, float) for name in NUMBERS):
        raise _Rejected("SCHEMA")
    if any(name in given and not isinstance(given[name], str) for name in TEXTS):
        raise _Rejected("SCHEMA")
    if any(name not in given for name in REQUIRED):
        raise _Rejected("REQUIRED")
    if any(name in given and not IDENTIFIER.fullmatch(given[name]) for name in TEXTS):
        raise _Rejected("ID")
    if type(given["bytes"]) is not int or not 0 <= given["bytes"] <= LARGEST_BYTES:
        raise _Rejected("RANGE")


def check_time(timestamp: float, append_us: int, rules: MessageRules) -> int:
    """FUTURE or ANCIENT; the event time in microseconds."""
    try:
        event_us = floor_us(timestamp)
    except OverflowError:
        raise _Rejected("FUTURE" if timestamp > 0 else "ANCIENT") from None
    if event_us > append_us + rules.max_ahead_s * MICROSECONDS:
        raise _Rejected("FUTURE")
    oldest = append_us - rules.max_age_days * 24 * HOUR_US if rules.max_age_days else 1
    if event_us <= 0 or event_us < oldest:
        raise _Rejected("ANCIENT")
    return event_us


def floor_us(timestamp: float) -> int:
    """Seconds to whole microseconds, in double arithmetic, floored.

    >>> floor_us(1.9999999)
    1999999
    """
    return math.floor(float(timestamp) * 1e6)


def depth(value: bytes) -> int:
    """How deep brackets nest, those within strings left out; 0 where there are too few to matter."""
    if value.count(b"{") + value.count(b"[") <= DEEPEST:
        return 0
    deepest = level = 0
    for bracket in re.sub(rb'"(?:[^"\\]|\\.)*"', b"", value, flags=re.DOTALL):
        level += (bracket in b"{[") - (bracket in b"}]")
        deepest = max(deepest, level)
    return deepest


def _object(pairs: list[tuple[str, Any]]) -> _Object:
    found = _Object(pairs)
    found.twice = len(found) != len(pairs)
    return found


def _refuse(constant: str) -> None:
    raise ValueError(constant)


def _integer(digits: str) -> int:
    """Python reads no integer of more than 4300 digits; one of 300 is out of every range already."""
    return int(digits[:300])


_decoder = json.JSONDecoder(object_pairs_hook=_object, parse_constant=_refuse, parse_int=_integer)
