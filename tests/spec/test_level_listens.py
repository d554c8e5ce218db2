"""The rollup of plays: what the stream added to a play, its level and the decision, counts on every engine."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

import pytest

from metering.domain.stream import TimeRules
from metering.streams import STREAMS
from tests.spec.engines import Engine, Message
from tests.spec.tables import epoch, micros, rows_of

LISTENS = STREAMS["listens"]
LEVELS = LISTENS.rollup("level_listens")


@dataclass(frozen=True)
class Spec:
    """`plays` in order of arrival, with what was added; the answer by window and level."""

    name: str
    plays: str
    windows: str
    repeats: int = 0
    conflicts: int = 0


SPECS = [
    Spec(
        "plays and offers of each level; no decision is a play without an offer",
        """
        time         | customer | level   | send_event | reason     | event_id
        21:00:00     | c1       | FREE    | 1          | scored     | e1
        21:04:59.999 | c1       | FREE    | 1          | scored     | e2
        21:04:00     | c2       | FREE    | 0          | scored     | e3
        21:04:00     | c3       | GOLD    | -          | old_score  | e4
        21:05:00     | c9       | unknown | -          | redis_away | e5
        """,
        """
        window   | level   | listens | offers
        21:00:00 | FREE    | 3       | 2
        21:00:00 | GOLD    | 1       | 0
        21:05:00 | unknown | 1       | 0
        """,
    ),
    Spec(
        "of a play sent twice the decision made first counts; another decision is no other content",
        """
        time     | customer | level   | send_event | reason     | event_id
        21:00:00 | c1       | unknown | -          | redis_away | e1
        21:00:00 | c1       | FREE    | 1          | scored     | e1
        21:00:01 | c2       | GOLD    | 1          | scored     | e2
        21:00:01 | c2       | GOLD    | 0          | scored     | e2
        """,
        """
        window   | level   | listens | offers
        21:00:00 | unknown | 1       | 0
        21:00:00 | GOLD    | 1       | 1
        """,
        repeats=2,
    ),
    Spec(
        "the same event_id with another customer is a conflict, however it was decided",
        """
        time     | customer | level | send_event | reason | event_id
        21:00:00 | c1       | FREE  | 1          | scored | e1
        21:00:00 | c2       | FREE  | 1          | scored | e1
        """,
        """
        window   | level | listens | offers
        21:00:00 | FREE  | 1       | 1
        """,
        repeats=1, conflicts=1,
    ),
]  # fmt: skip


def message_of(number: int, row: Mapping[str, str]) -> Message:
    play = {
        "customer_id": row["customer"], "track_id": "t1", "timestamp": epoch(row["time"]), "is_mobile": 1,
        "listening_zip": "01000", "event_id": row["event_id"]}  # fmt: skip
    added = dict.fromkeys(field.name for field in LISTENS.added) | {
             "level": row["level"], "reason": row["reason"],
             "send_event": int(row["send_event"]) if "send_event" in row else None}
    return Message(json.dumps(play).encode(), micros("23:00:00") + number * 1_000_000, offset=number, added=added)


@pytest.mark.parametrize("spec", SPECS, ids=lambda spec: spec.name)
def test_every_engine_counts_plays_by_what_was_added(spec: Spec, engine: Engine) -> None:
    messages = [message_of(number, row) for number, row in enumerate(rows_of(spec.plays))]

    answer = engine.count(LISTENS, LEVELS, messages, TimeRules())

    assert answer.windows == {
        (micros(row["window"]), row["level"]): (Decimal(row["listens"]), Decimal(row["offers"]))
        for row in rows_of(spec.windows)}
    assert (answer.repeats, answer.conflicts, answer.rejected) == (spec.repeats, spec.conflicts, {})
