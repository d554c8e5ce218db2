"""Messages that are not counted: how many for each reason, and what they look like."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from typing import Any

from metering.domain.event import Reason
from serving.queries.snapshot import ask, statement

SAMPLE_BYTES = 200
SAMPLES = 5


@dataclass(frozen=True)
class Sample:
    """One dead letter. `text` is what was sent, as far as it is shown, with nothing in it that could act."""

    partition: int
    offset: int
    field: str
    found: str
    hint: str
    state: str
    text: str
    as_hex: bool
    size: int
    cut: bool
    noticed_at: datetime


@dataclass(frozen=True)
class ReasonCount:
    """A reason, what it means, how many a topic has of it and how many of them nobody has dealt with."""

    topic: str
    reason: str
    meaning: str
    letters: int
    open: int
    latest: datetime
    samples: list[Sample]


def dead_letters(topics: Sequence[str], samples: int = SAMPLES) -> list[ReasonCount]:
    """The reasons of each topic, in the order given, the most frequent first, each with its newest `samples`."""
    parameters = {"topics": list(topics), "bytes": SAMPLE_BYTES, "samples": samples}
    rows = ask(statement("dead_letters"), parameters, lambda **columns: columns)
    found = [_reason(list(of)) for _, of in groupby(rows, key=lambda row: (row["topic"], row["reason"]))]
    return sorted(found, key=lambda reason: topics.index(reason.topic))


def readable(raw: bytes) -> tuple[str, bool]:
    """Bytes as text with control and direction characters escaped, else as hex; and whether it is hex.

    A character cut in half at the end is left out.

    >>> readable(b'{"a":\\x00}')
    ('{"a":\\\\x00}', False)
    >>> readable(b"\\xff\\xfe")
    ('ff fe', True)
    """
    if not raw:
        return "", False
    for end in range(len(raw), max(len(raw) - 4, 0), -1):
        try:
            text = raw[:end].decode("utf-8")
        except UnicodeDecodeError:
            continue
        return "".join(_shown(character) for character in text), False
    return raw.hex(" "), True


def _shown(character: str) -> str:
    return character if character.isprintable() else character.encode("unicode_escape").decode("ascii")


def _reason(rows: list[dict[str, Any]]) -> ReasonCount:
    first = rows[0]
    known = Reason.__members__.get(first["reason"])
    return ReasonCount(
        first["topic"], first["reason"], known.value if known else "", first["letters"], first["open"],
        first["latest"],
        [_sample(row) for row in rows])


def _sample(row: dict[str, Any]) -> Sample:
    raw = bytes(row["raw"])
    text, as_hex = readable(raw)
    size = max(row["raw_size"], row["raw_kept"])
    return Sample(
        row["partition"], row["offset"], row["field"], row["found"], row["hint"], row["state"],
        text, as_hex, size, size > len(raw), row["noticed_at"])
