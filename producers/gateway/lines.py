"""A client's line: judged by the stream's own rules, stamped with what it lacks, or refused in a line."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from metering.domain.event import Event, Position, Reason, Rejection
from metering.domain.judge import MAX_MESSAGE_BYTES, judge
from metering.domain.rollup import MICROSECONDS
from metering.domain.stream import EVENT_ID, Stream, TimeRules

OK = "ok"

_KAFKA_AWAY_S = 86_400
_CLOCKS_APART_S = 5
_LONGEST_INTEGER = 400
_LONGEST_WHY = 400
_DECODER = json.JSONDecoder(parse_int=lambda digits: int(digits[:_LONGEST_INTEGER]))


@dataclass(frozen=True)
class Line:
    """An accepted line on its way to the day's file, and where its answer goes. `content` ends with a newline."""

    content: bytes
    answer: asyncio.Future[str]


@dataclass(frozen=True)
class Rules:
    """What a line is judged by. `new_id` makes an event_id for a line without one."""

    stream: Stream
    times: TimeRules
    new_id: Callable[[], str]


def at_the_door(times: TimeRules) -> TimeRules:
    """Time rules so much stricter that a line accepted now still holds when Kafka takes it.

    Kafka may take it a day later (a tenth of the age limit where that is less), by a clock 5 s behind this one.
    """
    age_s = times.max_age_s
    return TimeRules(
        max_age_s=None if age_s is None else age_s - min(_KAFKA_AWAY_S, age_s // 10),
        max_ahead_s=max(0, times.max_ahead_s - _CLOCKS_APART_S))


def accept(rules: Rules, raw: bytes, received: datetime) -> bytes | str:
    """The line as it is kept, with a newline; or, as text, `error: <field>: <why>`.

    `received` stands in for Kafka's append time, by which the speed layer judges again. A line without a time or an
    event_id is stamped with the time of its receipt and a fresh id, so that it is the same event however often it is
    sent on. The rest of its text stays, but for carriage returns: white space in JSON, an end of line to many readers.
    """
    received_us = round(received.timestamp() * MICROSECONDS)
    raw = raw.replace(b"\r", b" ").strip()
    found = judge(rules.stream, raw, Position(rules.stream.topic, 0, 0), received_us, rules.times)
    if isinstance(found, Rejection):
        return refusal(found)
    stamps = _stamps(rules, found)
    line = _stamped(rules.stream, raw, stamps) if stamps else raw
    if len(line) > MAX_MESSAGE_BYTES:
        return refusal(Rejection(
            Reason.SIZE, found=f"{len(line)} bytes once stamped", hint=f"at most {MAX_MESSAGE_BYTES} bytes"))
    return line + b"\n"


def _stamps(rules: Rules, found: Event) -> dict[str, bytes]:
    """What the line lacks, as JSON."""
    stamps = {}
    if found.event_id is None:
        stamps[EVENT_ID] = json.dumps(rules.new_id()).encode()
    if not found.is_timed:
        stamps[rules.stream.time_field.name] = b"%d.%06d" % divmod(found.time_us, MICROSECONDS)
    return stamps


def _stamped(stream: Stream, line: bytes, stamps: Mapping[str, bytes]) -> bytes:
    """The stamps come first in the object."""
    if any(name.encode() in line for name in stamps) or b"\\u" in line:
        line = _declared(stream, line, stamps)
    first = b",".join(b'"%b":%b' % (name.encode(), value) for name, value in stamps.items())
    return b"{" + first + b"," + line[1:]


def _declared(stream: Stream, line: bytes, stamps: Mapping[str, bytes]) -> bytes:
    """The line less what is to be stamped, which may be there as null, spelt with escapes too. Only declared fields
    are written anew: an unknown one may hold what JSON cannot say again, such as 1e400."""
    names = {name for field in stream.all_fields for name in field.names} - set(stamps)
    fields = {name: value for name, value in read(line).items() if name in names}
    return json.dumps(fields, separators=(",", ":")).encode()


def read(line: bytes) -> Any:
    """The JSON of a line. Raises ValueError.

    An unknown field may hold an integer that is longer than Python reads (4,300 digits): its first digits will do.
    """
    return _DECODER.decode(line.decode())


def refusal(rejection: Rejection) -> str:
    """A rejection in one line for the sender."""
    found = f", found {rejection.found}" if rejection.found else ""
    wanted = f", want {rejection.hint}" if rejection.hint else ""
    return error(rejection.field or "line", f"{rejection.reason.name}: {rejection.reason.value}{found}{wanted}")


def error(field: str, why: str) -> str:
    return f"error: {field}: {' '.join(why.split())[:_LONGEST_WHY]}"
