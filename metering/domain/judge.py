"""The rules of bad input, message by message. The Arrow fast path accepts only what `judge` accepts."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Mapping
from typing import Any

from metering.domain.decimals import Spelt, decimal_fits, exact_decimal, is_decimal_text
from metering.domain.event import Event, Position, Reason, Rejection
from metering.domain.rollup import MICROSECONDS
from metering.domain.stream import EVENT_ID, IDENTIFIER, Field, Kind, Stream, TimeRules

MAX_MESSAGE_BYTES = 64 * 1024
MAX_DEPTH = 8
_FOUND_CHARACTERS = 80
_LONGEST_INTEGER = 400  # characters; Python refuses to read above 4300, and no rule allows above 2^63


class _TwiceNamed(dict[str, Any]):
    """An object in which a key was given twice."""


def judge(
    stream: Stream, raw: bytes | None, position: Position, ingest_us: int, rules: TimeRules
) -> Event | Rejection:
    """Read and check one message.

    `ingest_us` is Kafka's append time, against which the time rules are judged, so that a replay decides the
    same. Never raises: any bytes give an Event or a Rejection.
    """
    found = _read_object(raw)
    if isinstance(found, Rejection):
        return found
    for check in (_check_kinds, _check_names, _check_required, _check_identifiers, _check_ranges):
        fault = check(stream, found)
        if fault:
            return fault
    timed = _time(stream.time_field, found, ingest_us, rules)
    if isinstance(timed, Rejection):
        return timed
    values = {field.name: _held(field, _given(field, found)) for field in stream.fields if field.kind is not Kind.TIME}
    is_timed = _given(stream.time_field, found) is not None
    return Event(timed, values, found.get(EVENT_ID), position, ingest_us, is_timed)


def _read_object(raw: bytes | None) -> dict[str, Any] | Rejection:
    if raw is None:
        return Rejection(Reason.PARSE, found="no value (a tombstone)")
    if len(raw) > MAX_MESSAGE_BYTES:
        return Rejection(Reason.SIZE, found=f"{len(raw)} bytes", hint=f"at most {MAX_MESSAGE_BYTES} bytes")
    if depth_exceeds(raw, MAX_DEPTH):
        return Rejection(Reason.SIZE, found="deep nesting", hint=f"at most {MAX_DEPTH} levels")
    try:
        value = json.loads(
            raw.decode("utf-8"), object_pairs_hook=_pairs, parse_constant=_no_constant, parse_int=_integer,
            parse_float=Spelt)
    except ValueError as error:
        return Rejection(Reason.PARSE, found=_short(str(error)), hint="one JSON object in UTF-8")
    if not isinstance(value, dict):
        return Rejection(Reason.PARSE, found=_kind_of(value), hint="one JSON object in UTF-8")
    return value


def depth_exceeds(raw: bytes, limit: int) -> bool:
    """Whether brackets outside of strings nest deeper than `limit`, whatever else is wrong with the text."""
    if raw.count(b"{") + raw.count(b"[") <= limit:
        return False
    depth = 0
    quoted = escaped = False
    for byte in raw:
        if quoted:
            quoted = escaped or byte != 0x22
            escaped = byte == 0x5C and not escaped
        elif byte == 0x22:
            quoted = True
        elif byte in b"{[":
            depth += 1
            if depth > limit:
                return True
        elif byte in b"}]":
            depth -= 1
    return False


def _pairs(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    return found if len(found) == len(pairs) else _TwiceNamed(found)


def _no_constant(name: str) -> None:
    raise ValueError(f"{name} is not JSON")


def _integer(text: str) -> int:
    return int(text[:_LONGEST_INTEGER])


def _given(field: Field, found: Mapping[str, Any]) -> Any:
    """A field's value under whichever of its names it was sent; None where it is null or missing."""
    return next((value for name in field.names if (value := found.get(name)) is not None), None)


def _held(field: Field, value: Any) -> object:
    """A value as an event holds it: the default for a missing one, a DECIMAL exactly."""
    if value is None:
        return field.default
    return exact_decimal(field, value) if field.kind is Kind.DECIMAL else value


def _check_kinds(stream: Stream, found: Mapping[str, Any]) -> Rejection | None:
    if isinstance(found, _TwiceNamed):
        return Rejection(Reason.SCHEMA, found="a key given twice", hint="each key once")
    for field in stream.all_fields:
        for name in field.names:
            value = found.get(name)
            if value is not None and not _kind_fits(field, value):
                return Rejection(Reason.SCHEMA, name, _kind_of(value), _wanted(field))
    return None


def _kind_fits(field: Field, value: object) -> bool:
    return _KIND_FITS[field.kind](value) or (field.text and is_decimal_text(value))


def _wanted(field: Field) -> str:
    return f'{field.kind.value}, or decimal text such as "12.5"' if field.text else field.kind.value


def _check_names(stream: Stream, found: Mapping[str, Any]) -> Rejection | None:
    for field in stream.all_fields:
        given = [name for name in field.names if found.get(name) is not None]
        if len(given) > 1:
            return Rejection(Reason.SCHEMA, field.name, _short(" and ".join(given)), "one of its names")
    return None


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


_KIND_FITS: dict[Kind, Callable[[object], bool]] = {
    Kind.TIME: _is_number,
    Kind.INTEGER: _is_number,
    Kind.DECIMAL: _is_number,
    Kind.IDENTIFIER: lambda value: isinstance(value, str),
}


def _check_required(stream: Stream, found: Mapping[str, Any]) -> Rejection | None:
    for field in stream.fields:
        if _given(field, found) is not None:
            continue
        sent = next((name for name in field.names if name in found), None)
        if sent is None and (near := _near(field, found)) is not None:
            return Rejection(Reason.REQUIRED, field.name, _short(near), f"spell it {field.name!r}")
        if field.required and not (field.nullable and sent):
            return Rejection(Reason.REQUIRED, field.name, "null" if sent else "nothing")
    return None


def _near(field: Field, found: Mapping[str, Any]) -> str | None:
    """A key that is one of the field's names but for its case."""
    names = {name.lower() for name in field.names}
    return next((key for key in found if key.lower() in names), None)


def _check_identifiers(stream: Stream, found: Mapping[str, Any]) -> Rejection | None:
    for field in stream.all_fields:
        text = found.get(field.name)
        if field.kind is Kind.IDENTIFIER and text is not None and not IDENTIFIER.fullmatch(text):
            return Rejection(Reason.ID, field.name, _short(ascii(text)), "1–64 of A-Z a-z 0-9 . _ : -")
    return None


def _check_ranges(stream: Stream, found: Mapping[str, Any]) -> Rejection | None:
    for field in stream.fields:
        value = _given(field, found)
        if value is not None and field.kind in _IN_RANGE and not _IN_RANGE[field.kind](field, value):
            return Rejection(Reason.RANGE, field.name, _short(repr(value)), _range_hint(field))
    return None


_IN_RANGE: dict[Kind, Callable[[Field, Any], bool]] = {
    Kind.INTEGER: lambda field, value: isinstance(value, int) and field.low <= value <= field.high,
    Kind.DECIMAL: decimal_fits,
}


def _range_hint(field: Field) -> str:
    if field.kind is Kind.INTEGER:
        return f"a whole number {field.low} … {field.high}"
    return f"a number {field.low} … {field.high}, at most {field.decimals} decimals"


def _time(field: Field, found: Mapping[str, Any], ingest_us: int, rules: TimeRules) -> int | Rejection:
    """The event's time in epoch microseconds; Kafka's append time where a time may be missing and is."""
    given = _given(field, found)
    if given is None:
        return ingest_us
    time_us = _microseconds(given)
    return _check_time(field, given, time_us, ingest_us, rules) or int(time_us)


def _microseconds(timestamp: int | float) -> float:
    """Epoch seconds as an IEEE double, times 10^6 in double arithmetic, floored; infinite where it overflows.

    >>> _microseconds(1613768400.1)
    1613768400100000
    """
    try:
        product = float(timestamp) * MICROSECONDS
    except OverflowError:
        return math.inf if timestamp > 0 else -math.inf
    return math.floor(product) if math.isfinite(product) else product


def _check_time(
    field: Field, given: int | float, time_us: float, ingest_us: int, rules: TimeRules
) -> Rejection | None:
    if time_us > ingest_us + rules.max_ahead_s * MICROSECONDS:
        hint = _unit_hint(time_us, ingest_us) or f"at most {rules.max_ahead_s} s after it is sent"
        return Rejection(Reason.FUTURE, field.name, _short(repr(given)), hint)
    if time_us <= 0 or not _young_enough(time_us, ingest_us, rules):
        return Rejection(Reason.ANCIENT, field.name, _short(repr(given)), "epoch seconds within the age limit")
    return None


def _young_enough(time_us: float, ingest_us: int, rules: TimeRules) -> bool:
    return rules.max_age_s is None or time_us >= ingest_us - rules.max_age_s * MICROSECONDS


def _unit_hint(time_us: float, ingest_us: int) -> str:
    """Names the unit that a far future time looks like: within two years of now once divided."""
    for unit, divisor in (("milliseconds", 10**3), ("microseconds", 10**6), ("nanoseconds", 10**9)):
        if abs(time_us / divisor - ingest_us) < 2 * 365 * 86_400 * MICROSECONDS:
            return f"looks like {unit}; want seconds"
    return ""


def _kind_of(value: object) -> str:
    names = {dict: "an object", _TwiceNamed: "an object", list: "an array", str: "text", bool: "true or false"}
    return "null" if value is None else names.get(type(value), "a number")


def _short(text: str) -> str:
    return text if len(text) <= _FOUND_CHARACTERS else text[: _FOUND_CHARACTERS - 1] + "…"
