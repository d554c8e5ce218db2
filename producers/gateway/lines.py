"""A client's line: judged by the stream's own rules, stamped with what it lacks, or refused in a line."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from metering.domain.event import Event, Position, Rejection
from metering.domain.judge import judge
from metering.domain.stream import EVENT_ID, Stream, TimeRules

OK = "ok"


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


def accept(rules: Rules, raw: bytes, received: datetime) -> bytes | str:
    """The line as it is kept, with a newline; or, as text, `error: <field>: <why>`.

    `received` stands in for Kafka's append time, by which the speed layer judges again. A line without a time or an
    event_id is stamped with the time of its receipt and a fresh id, so that it is the same event however often it is
    sent on.
    """
    received_us = round(received.timestamp() * 1_000_000)
    found = judge(rules.stream, raw, Position(rules.stream.topic, 0, 0), received_us, rules.times)
    if isinstance(found, Rejection):
        return refusal(found)
    if found.is_timed and found.event_id is not None:
        return raw.strip() + b"\n"
    return _stamped(rules, raw, found)


def _stamped(rules: Rules, raw: bytes, found: Event) -> bytes:
    fields = json.loads(raw)
    fields[rules.stream.time_field.name] = fields.get(rules.stream.time_field.name) or found.time_us / 1_000_000
    fields[EVENT_ID] = found.event_id or rules.new_id()
    return json.dumps(fields, separators=(",", ":")).encode() + b"\n"


def refusal(rejection: Rejection) -> str:
    """A rejection in one line for the sender."""
    found = f", found {rejection.found}" if rejection.found else ""
    wanted = f", want {rejection.hint}" if rejection.hint else ""
    return error(rejection.field or "line", f"{rejection.reason.name}: {rejection.reason.value}{found}{wanted}")


def error(field: str, why: str) -> str:
    return f"error: {field}: {' '.join(why.split())}"
