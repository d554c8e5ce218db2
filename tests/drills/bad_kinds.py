"""The table of bad input, row by row: what is made of a good antenna event, and the reason it has to get."""

from __future__ import annotations

import json
import random
import time
from collections.abc import Callable
from dataclasses import dataclass

from tests.drills.made import Event
from tests.lib.topic import Message

DAY_S = 86_400
BROKEN_IDS = {
    "slash": "a/b", "dots": "..", "NUL": "a\0b", "control": "a\x1bb", "right-to-left": "a\u202eb",
    "emoji": "a\U0001f600", "empty": "", "over 64": "a" * 65, "leading =": "=1+1", "leading +": "+1",
    "leading -": "-1", "leading @": "@sum"}  # fmt: skip


@dataclass(frozen=True)
class BadKind:
    """One row: its name, the reason by the table ("" where it is accepted), and how it is made of a good event."""

    name: str
    reason: str
    make: Callable[[random.Random, Event], Message]


def _with(**changed: object) -> Callable[[random.Random, Event], Message]:
    return lambda rng, event: event | changed


def _without(name: str) -> Callable[[random.Random, Event], Message]:
    return lambda rng, event: {key: value for key, value in event.items() if key != name}


def _at(shift_s: Callable[[random.Random], float], unit: int = 1) -> Callable[[random.Random, Event], Message]:
    return lambda rng, event: event | {"timestamp": int((time.time() + shift_s(rng)) * unit)}


def _fixed(value: bytes | None) -> Callable[[random.Random, Event], Message]:
    return lambda rng, event: value


def _text(event: Event) -> str:
    return json.dumps(event)


def _replaced(old: bytes, new: bytes) -> Callable[[random.Random, Event], Message]:
    return lambda rng, event: _text(event).encode().replace(old, new, 1)


def _renamed(name: str, other: str) -> Callable[[random.Random, Event], Message]:
    return lambda rng, event: {other if key == name else key: value for key, value in event.items()}


def _nested(levels: int) -> Callable[[random.Random, Event], Message]:
    return lambda rng, event: _text(event)[:-1].encode() + b', "extra": ' + b"[" * levels + b"]" * levels + b"}"


PARSE = (
    BadKind("not JSON", "PARSE", _fixed(b"bytes=17")),
    BadKind("empty", "PARSE", _fixed(b"")),
    BadKind("null", "PARSE", _fixed(b"null")),
    BadKind("array", "PARSE", lambda rng, event: f"[{_text(event)}]".encode()),
    BadKind("trailing text", "PARSE", lambda rng, event: f"{_text(event)} and more".encode()),
    BadKind("tombstone", "PARSE", _fixed(None)),
    BadKind("binary", "PARSE", lambda rng, event: b"\x00\xff" + rng.randbytes(40)),
    BadKind("invalid UTF-8", "PARSE", _replaced(b'"id": "', b'"id": "\xc3\x28')),
)
SCHEMA = (
    BadKind("text for a number", "SCHEMA", lambda rng, event: event | {"bytes": str(event["bytes"])}),
    BadKind("object for text", "SCHEMA", _with(id={"is": "u1"})),
    BadKind("duplicate keys", "SCHEMA", _replaced(b"{", b'{"bytes": 1, ')),
)
REQUIRED = (
    BadKind("missing field", "REQUIRED", _without("bytes")),
    BadKind("wrong-case field", "REQUIRED", _renamed("bytes", "Bytes")),
)
RANGE = (
    BadKind("negative bytes", "RANGE", _with(bytes=-1)),
    BadKind("fractional bytes", "RANGE", _with(bytes=1.5)),
    BadKind("bytes above 2^42", "RANGE", _with(bytes=2**42 + 1)),
)
TIME = (
    BadKind("over 5 min ahead", "FUTURE", _at(lambda rng: rng.uniform(600, 10 * DAY_S))),
    BadKind("milliseconds", "FUTURE", _at(lambda rng: 0, 10**3)),
    BadKind("microseconds", "FUTURE", _at(lambda rng: 0, 10**6)),
    BadKind("older than the limit", "ANCIENT", _at(lambda rng: -rng.uniform(36, 400) * DAY_S)),
    BadKind("time 0", "ANCIENT", _with(timestamp=0)),
    BadKind("negative time", "ANCIENT", _with(timestamp=-1_613_768_400)),
)
SIZE = (
    BadKind("over 64 KiB", "SIZE", lambda rng, event: event | {"extra": "x" * 66_000}),
    BadKind("nesting over 8", "SIZE", _nested(9)),
)
REJECTED = (
    *PARSE, *SCHEMA, *REQUIRED, *RANGE, *TIME, *SIZE,
    *(BadKind(f"id: {name}", "ID", _with(id=text)) for name, text in BROKEN_IDS.items()),
)
"""Every row that becomes a dead letter when it is read."""

ACCEPTED = (
    BadKind("bytes = 0", "", _with(bytes=0)),
    BadKind("unknown extra field", "", _with(extra={"of": "another version"})),
    BadKind("late within the limit", "", _at(lambda rng: -rng.uniform(2, 60) * 3600)),
    BadKind("nesting of 8", "", _nested(7)),
)
"""Rows of the table that look odd and are counted."""


_JSON_BYTES = b'0123456789.-eE"{}[],: \\u'


def mutated(rng: random.Random, event: Event) -> bytes:
    """Its text with one to four places cut or filled with some bytes: half of the time such as JSON is made of."""
    text = bytearray(_text(event).encode())
    for _ in range(rng.randint(1, 4)):
        at, length = rng.randrange(len(text)), rng.randint(0, 2)
        filled = rng.randbytes(length) if rng.random() < 0.5 else bytes(rng.choices(_JSON_BYTES, k=length))
        text[at : at + rng.randint(0, 2)] = filled
    return bytes(text)
