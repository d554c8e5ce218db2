"""Bad messages on purpose: one maker for each kind of bad input that can reach Kafka."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
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


def kinds(*, age_limited: bool) -> tuple[BadKind, ...]:
    """All kinds; without an age limit nothing is too old but what lies before 1970."""
    return tuple(kind for kind in ALL if age_limited or not kind.needs_age_limit)


def _json(fields: Fields) -> bytes:
    return json.dumps(fields, separators=(",", ":"), ensure_ascii=False).encode()


def _with(name: str, value: object) -> Maker:
    return lambda fields: _json({**fields, name: value})


def _without(name: str) -> Maker:
    return lambda fields: _json({key: value for key, value in fields.items() if key != name})


def _renamed(name: str, other: str) -> Maker:
    return lambda fields: _json({other if key == name else key: value for key, value in fields.items()})


def _times(factor: int) -> Maker:
    return lambda fields: _json({**fields, "timestamp": int(float(str(fields["timestamp"])) * factor)})


def _twice(fields: Fields) -> bytes:
    return _json(fields)[:-1] + b',"bytes":1}'


def _always(value: bytes | None) -> Maker:
    return lambda fields: value


def _nested(levels: int) -> Maker:
    return lambda fields: _json(fields)[:-1] + b',"more":' + b"[" * levels + b"]" * levels + b"}"


def _of(reason: str, **makers: Maker) -> tuple[BadKind, ...]:
    return tuple(BadKind(name.replace("_", " "), reason, make) for name, make in makers.items())


_PARSE = _of(
    "PARSE",
    not_JSON=_always(b"bytes=12;app=SKYPE"),
    empty=_always(b""),
    null=_always(b"null"),
    array=lambda fields: b"[" + _json(fields) + b"]",
    trailing_text=lambda fields: _json(fields) + b" and more",
    two_objects=lambda fields: _json(fields) * 2,
    cut_off=lambda fields: _json(fields)[:-5],
    not_a_number=_with("bytes", float("nan")),
    tombstone=_always(None),
    binary=_always(bytes(range(256))),
    invalid_UTF_8=lambda fields: _json(fields).replace(b'"app":"', b'"app":"\xff\xfe'),
)
_SCHEMA = _of(
    "SCHEMA",
    text_for_a_number=_with("bytes", "12"),
    text_for_a_time=_with("timestamp", "2021-02-19T21:00:00Z"),
    true_for_a_number=_with("bytes", True),
    number_for_text=_with("app", 7),
    object_for_text=_with("id", {"is": "x"}),
    array_for_text=_with("antenna_id", ["x"]),
    key_given_twice=_twice,
)
_REQUIRED = (
    *(BadKind(f"no {name}", "REQUIRED", _without(name))
      for name in ("timestamp", "id", "antenna_id", "app", "bytes")),
    *_of("REQUIRED", null_for_a_value=_with("bytes", None), wrong_case=_renamed("antenna_id", "Antenna_ID")),
)
_ID = (
    *(BadKind(f"id with {name}", "ID", _with("id", text)) for name, text in {
        "a slash": "a/b", "dots that climb": "../etc", "NUL": "a\0b", "a control character": "a\x1bb",
        "right-to-left": "a\u202eb", "an emoji": "a\U0001f600", "nothing in it": "", "65 characters": "a" * 65,
        "a newline": "ab\n", "an equals sign first": "=1+1", "a plus first": "+1", "a minus first": "-1",
        "an at first": "@sum"}.items()),
    BadKind("app with a slash", "ID", _with("app", "SKY/PE")),
    BadKind("antenna with a space", "ID", _with("antenna_id", "one two")),
    BadKind("event_id with a slash", "ID", _with("event_id", "a/b")),
)
_RANGE = _of(
    "RANGE",
    negative=_with("bytes", -1),
    fractional=_with("bytes", 1.5),
    whole_but_written_with_a_point=_with("bytes", 1.0),
    above_2_to_the_42=_with("bytes", 2**42 + 1),
    far_above=_with("bytes", 10**30),
)
_TIME = (
    *_of("FUTURE", year_2100=_with("timestamp", 4_102_444_800), milliseconds=_times(10**3),
         microseconds=_times(10**6)),
    *_of("ANCIENT", time_0=_with("timestamp", 0), before_1970=_with("timestamp", -86_400.5)),
    BadKind("the year 2000", "ANCIENT", _with("timestamp", 946_684_800), needs_age_limit=True),
)
_SIZE = _of(
    "SIZE",
    over_64_KiB=lambda fields: _json({**fields, "padding": "x" * 65_536}),
    nested_too_deep=_nested(9),
)

ALL: tuple[BadKind, ...] = (*_PARSE, *_SCHEMA, *_REQUIRED, *_ID, *_RANGE, *_TIME, *_SIZE)
