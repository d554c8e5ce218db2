"""The bad-input table a second time, written from the contract and the streams' documents, not from the product."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable
from decimal import Decimal, InvalidOperation
from typing import Any, NamedTuple

from tests.lib.streams_told.shapes import EVENT_ID, Field, Kind, StreamTold

MICROSECONDS = 1_000_000
HOUR_US = 3600 * MICROSECONDS
IDENTIFIER = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:-]{0,63}")
DECIMAL_TEXT = re.compile(r"-?(0|[1-9][0-9]*)(\.[0-9]+)?")
LARGEST_MESSAGE = 64 * 1024
DEEPEST = 8

Content = tuple[Any, ...]
"""What an accepted message says, as its stream's own named tuple: event_us first, floored, event_id last."""


class MessageRules(NamedTuple):
    """The two limits that can be configured; an age of 0 days is no limit."""

    max_age_days: float = 35
    max_ahead_s: float = 300


DEFAULT_RULES = MessageRules()


class _Rejected(Exception):
    """Carries the reason."""


class _Object(dict):
    """A JSON object that remembers whether a key came twice."""

    twice = False


class Spelt(float):
    """A number that is not whole, with its spelling."""

    def __new__(cls, spelling: str) -> Spelt:
        self = super().__new__(cls, spelling)
        self.spelling = spelling
        return self

    spelling: str


def judge(
    stream: StreamTold, value: bytes | None, append_ms: int, rules: MessageRules = DEFAULT_RULES
) -> Content | str:
    """The content of a good message, or the first reason that fits a bad one, by Kafka's append time."""
    try:
        message = parse(value, spelt=stream.is_spelt)
        given = sent(stream, message)
        check_required(stream, message, given)
        check_identifiers(stream, given)
        held = [_held(field, given[field.name]) for field in stream.values]
        event_us = event_time(given[stream.time.name], append_ms * 1000, rules)
    except _Rejected as rejected:
        return str(rejected)
    return stream.content(event_us, *held, given[EVENT_ID.name])


def parse(value: bytes | None, *, spelt: bool = False) -> _Object:
    """SIZE, then PARSE, then a key that came twice."""
    if value is None:
        raise _Rejected("PARSE")
    if len(value) > LARGEST_MESSAGE or depth(value) > DEEPEST:
        raise _Rejected("SIZE")
    try:
        message = _decoders[spelt].decode(value.decode("utf-8"))
    except ValueError:
        raise _Rejected("PARSE") from None
    if not isinstance(message, _Object):
        raise _Rejected("PARSE")
    if message.twice:
        raise _Rejected("SCHEMA")
    return message


def sent(stream: StreamTold, message: _Object) -> dict[str, Any]:
    """By field its value, under whichever of its names; null is like not there.

    SCHEMA for a value of another kind under any of the names, and for a field under two of them.
    """
    given: dict[str, Any] = {}
    for field in stream.all_fields:
        found = None
        for name in field.names:
            value = message.get(name)
            if value is not None:
                if found is not None or not _has_kind(field, value):
                    raise _Rejected("SCHEMA")
                found = value
        given[field.name] = found
    return given


def _has_kind(field: Field, value: Any) -> bool:
    if field.kind is Kind.IDENTIFIER:
        return isinstance(value, str)
    if field.kind is Kind.MONEY and isinstance(value, str):
        return DECIMAL_TEXT.fullmatch(value) is not None
    return isinstance(value, int | float) and not isinstance(value, bool)


def check_required(stream: StreamTold, message: _Object, given: dict[str, Any]) -> None:
    """REQUIRED for what is missing, and for a name in the wrong case where the right one is not there."""
    for field in stream.fields:
        if given[field.name] is not None:
            continue
        is_null = any(name in message for name in field.names)
        misspelt = not is_null and any(key.lower() in field.names for key in message)
        if misspelt or (field.must and not (field.null_is_unknown and is_null)):
            raise _Rejected("REQUIRED")


def check_identifiers(stream: StreamTold, given: dict[str, Any]) -> None:
    """ID."""
    for field in stream.all_fields:
        if field.kind is Kind.IDENTIFIER:
            text = given[field.name]
            if text is not None and not IDENTIFIER.fullmatch(text):
                raise _Rejected("ID")


def _held(field: Field, value: Any) -> Any:
    """RANGE, or the value as it is kept: the default for nothing, decimals exactly."""
    return field.default if value is None else _held_as[field.kind](field, value)


def _text(field: Field, value: Any) -> Any:
    return value


def _whole(field: Field, value: Any) -> int:
    if not isinstance(value, int) or not field.low <= value <= field.high:
        raise _Rejected("RANGE")
    return value


def _percent(field: Field, value: float) -> Decimal:
    """By its double: the shortest text that is read as that double has its decimals."""
    if not field.low <= value <= field.high:
        raise _Rejected("RANGE")
    return _few_decimals(field, Decimal(float.__repr__(float(value))))


def _money(field: Field, value: Any) -> Decimal:
    """By its spelling, to the last digit."""
    try:
        number = Decimal(value.spelling if isinstance(value, Spelt) else value)
    except InvalidOperation:
        raise _Rejected("RANGE") from None
    if not field.low <= number <= field.high:
        raise _Rejected("RANGE")
    return _few_decimals(field, number)


def _few_decimals(field: Field, number: Decimal) -> Decimal:
    """RANGE for more decimals than the field has, zeros at the end aside."""
    _, digits, exponent = number.as_tuple()
    zeros = 0
    while zeros < len(digits) and digits[-1 - zeros] == 0:
        zeros += 1
    if zeros < len(digits) and -(int(exponent) + zeros) > field.decimals:
        raise _Rejected("RANGE")
    return number


_held_as: dict[Kind, Callable[[Field, Any], Any]] = {
    Kind.IDENTIFIER: _text, Kind.WHOLE: _whole, Kind.PERCENT: _percent, Kind.MONEY: _money}


def event_time(timestamp: float | None, append_us: int, rules: MessageRules) -> int:
    """FUTURE or ANCIENT; the event time in microseconds, the append time where none was sent."""
    if timestamp is None:
        return append_us
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


_decoders = {
    spelt: json.JSONDecoder(
        object_pairs_hook=_object, parse_constant=_refuse, parse_int=_integer, parse_float=Spelt if spelt else float)
    for spelt in (False, True)}
