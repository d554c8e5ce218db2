"""Bad messages on purpose: makers for each kind of bad input that can reach Kafka."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

Fields = Mapping[str, object]
Maker = Callable[[Fields], bytes | None]


@dataclass(frozen=True)
class BadKind:
    """A way to be wrong, and the rejection reason it must meet."""

    name: str
    reason: str
    make: Maker
    needs_age_limit: bool = False


def fitting(kinds: Sequence[BadKind], *, age_limited: bool) -> tuple[BadKind, ...]:
    """Those kinds; without an age limit nothing is too old but what lies before 1970."""
    return tuple(kind for kind in kinds if age_limited or not kind.needs_age_limit)


def as_json(fields: Fields) -> bytes:
    return json.dumps(fields, separators=(",", ":"), ensure_ascii=False).encode()


def having(name: str, value: object) -> Maker:
    return lambda fields: as_json({**fields, name: value})


def without(name: str) -> Maker:
    return lambda fields: as_json({key: value for key, value in fields.items() if key != name})


def renamed(name: str, other: str) -> Maker:
    return lambda fields: as_json({other if key == name else key: value for key, value in fields.items()})


def scaled_time(factor: int) -> Maker:
    return lambda fields: as_json({**fields, "timestamp": int(float(str(fields["timestamp"])) * factor)})


def twice(name: str) -> Maker:
    return lambda fields: as_json(fields)[:-1] + b',"' + name.encode() + b'":1}'


def always(value: bytes | None) -> Maker:
    return lambda fields: value


def nested(levels: int) -> Maker:
    return lambda fields: as_json(fields)[:-1] + b',"more":' + b"[" * levels + b"]" * levels + b"}"


def kinds(reason: str, /, **makers: Maker) -> tuple[BadKind, ...]:
    return tuple(BadKind(name.replace("_", " "), reason, make) for name, make in makers.items())


def unreadable(not_json: bytes, number: str, text: str) -> tuple[BadKind, ...]:
    """What is no JSON object in UTF-8, by example of a field of numbers and a field of text."""
    mark = f'"{text}":"'.encode()
    return kinds(
        "PARSE",
        not_JSON=always(not_json),
        empty=always(b""),
        null=always(b"null"),
        array=lambda fields: b"[" + as_json(fields) + b"]",
        trailing_text=lambda fields: as_json(fields) + b" and more",
        two_objects=lambda fields: as_json(fields) * 2,
        cut_off=lambda fields: as_json(fields)[:-5],
        not_a_number=having(number, float("nan")),
        tombstone=always(None),
        binary=always(bytes(range(256))),
        invalid_UTF_8=lambda fields: as_json(fields).replace(mark, mark + b"\xff\xfe"),
    )


def ill_named(field: str) -> tuple[BadKind, ...]:
    """Identifiers against the rule, in this field."""
    return tuple(BadKind(f"{field} with {name}", "ID", having(field, text)) for name, text in {
        "a slash": "a/b", "dots that climb": "../etc", "NUL": "a\0b", "a control character": "a\x1bb",
        "right-to-left": "a\u202eb", "an emoji": "a\U0001f600", "nothing in it": "", "65 characters": "a" * 65,
        "a newline": "ab\n", "an equals sign first": "=1+1", "a plus first": "+1", "a minus first": "-1",
        "an at first": "@sum"}.items())


MISTIMED = (
    *kinds("FUTURE", year_2100=having("timestamp", 4_102_444_800), milliseconds=scaled_time(10**3),
           microseconds=scaled_time(10**6)),
    *kinds("ANCIENT", time_0=having("timestamp", 0), before_1970=having("timestamp", -86_400.5)),
    BadKind("the year 2000", "ANCIENT", having("timestamp", 946_684_800), needs_age_limit=True),
)
OVERSIZED = kinds(
    "SIZE",
    over_64_KiB=lambda fields: as_json({**fields, "padding": "x" * 65_536}),
    nested_too_deep=nested(9),
)
