"""The kinds of bad antenna events."""

from __future__ import annotations

from producers.generate.bad import (
    MISTIMED,
    OVERSIZED,
    BadKind,
    having,
    ill_named,
    kinds,
    renamed,
    twice,
    unreadable,
    without,
)

_SCHEMA = kinds(
    "SCHEMA",
    text_for_a_number=having("bytes", "12"),
    text_for_a_time=having("timestamp", "2021-02-19T21:00:00Z"),
    true_for_a_number=having("bytes", True),
    number_for_text=having("app", 7),
    object_for_text=having("id", {"is": "x"}),
    array_for_text=having("antenna_id", ["x"]),
    key_given_twice=twice("bytes"),
)
_REQUIRED = (
    *(BadKind(f"no {name}", "REQUIRED", without(name))
      for name in ("timestamp", "id", "antenna_id", "app", "bytes")),
    *kinds("REQUIRED", null_for_a_value=having("bytes", None), wrong_case=renamed("antenna_id", "Antenna_ID")),
)
_ID = (
    *ill_named("id"),
    BadKind("app with a slash", "ID", having("app", "SKY/PE")),
    BadKind("antenna with a space", "ID", having("antenna_id", "one two")),
    BadKind("event_id with a slash", "ID", having("event_id", "a/b")),
)
_RANGE = kinds(
    "RANGE",
    negative=having("bytes", -1),
    fractional=having("bytes", 1.5),
    whole_but_written_with_a_point=having("bytes", 1.0),
    above_2_to_the_42=having("bytes", 2**42 + 1),
    far_above=having("bytes", 10**30),
)

ALL: tuple[BadKind, ...] = (
    *unreadable(b"bytes=12;app=SKYPE", "bytes", "app"), *_SCHEMA, *_REQUIRED, *_ID, *_RANGE, *MISTIMED, *OVERSIZED)
