"""The rollup `bytes`: one table of examples, every engine."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from metering.domain.stream import TimeRules
from metering.streams import DEVICES
from tests.spec.engines import Engine, Message
from tests.spec.tables import epoch, message, micros, rows_of

BYTES = DEVICES.rollup("bytes")


@dataclass(frozen=True)
class Spec:
    """`events` in order of arrival, a second apart unless `arrives` says when; the answers by window and hour."""

    name: str
    events: str
    windows: str
    hours: str
    repeats: int = 0
    conflicts: int = 0


SPECS = [
    Spec(
        "each event counts once for its user, its app and its antenna",
        """
        time     | id | antenna | app      | bytes | event_id
        21:00:00 | u1 | a1      | SKYPE    | 10    | e1
        21:04:59 | u1 | a2      | SKYPE    | 5     | e2
        21:02:00 | u2 | a1      | FACEBOOK | 7     | e3
        """,
        """
        window   | type                | id       | value
        21:00:00 | user_total_bytes    | u1       | 15
        21:00:00 | user_total_bytes    | u2       | 7
        21:00:00 | antenna_total_bytes | a1       | 17
        21:00:00 | antenna_total_bytes | a2       | 5
        21:00:00 | app_total_bytes     | SKYPE    | 15
        21:00:00 | app_total_bytes     | FACEBOOK | 7
        """,
        """
        window   | type                | id       | value
        21:00:00 | user_total_bytes    | u1       | 15
        21:00:00 | user_total_bytes    | u2       | 7
        21:00:00 | antenna_total_bytes | a1       | 17
        21:00:00 | antenna_total_bytes | a2       | 5
        21:00:00 | app_total_bytes     | SKYPE    | 15
        21:00:00 | app_total_bytes     | FACEBOOK | 7
        """,
    ),
    Spec(
        "windows are half-open: their first instant is in, their end is in the next",
        """
        time            | id | antenna | app | bytes | event_id
        21:04:59.999999 | u  | a       | X   | 1     | e1
        21:05:00        | u  | a       | X   | 10    | e2
        21:59:59.999999 | u  | a       | X   | 100   | e3
        22:00:00        | u  | a       | X   | 1000  | e4
        """,
        """
        window   | type                | id | value
        21:00:00 | user_total_bytes    | u  | 1
        21:05:00 | user_total_bytes    | u  | 10
        21:55:00 | user_total_bytes    | u  | 100
        22:00:00 | user_total_bytes    | u  | 1000
        21:00:00 | antenna_total_bytes | a  | 1
        21:05:00 | antenna_total_bytes | a  | 10
        21:55:00 | antenna_total_bytes | a  | 100
        22:00:00 | antenna_total_bytes | a  | 1000
        21:00:00 | app_total_bytes     | X  | 1
        21:05:00 | app_total_bytes     | X  | 10
        21:55:00 | app_total_bytes     | X  | 100
        22:00:00 | app_total_bytes     | X  | 1000
        """,
        """
        window   | type                | id | value
        21:00:00 | user_total_bytes    | u  | 111
        22:00:00 | user_total_bytes    | u  | 1000
        21:00:00 | antenna_total_bytes | a  | 111
        22:00:00 | antenna_total_bytes | a  | 1000
        21:00:00 | app_total_bytes     | X  | 111
        22:00:00 | app_total_bytes     | X  | 1000
        """,
    ),
    Spec(
        "the same event sent again counts once; without an event_id each message is its own",
        """
        time     | id | antenna | app | bytes | event_id
        21:00:00 | u  | a       | X   | 10    | e1
        21:00:00 | u  | a       | X   | 10    | e1
        21:01:00 | u  | a       | X   | 3     | -
        21:01:00 | u  | a       | X   | 3     | -
        """,
        """
        window   | type                | id | value
        21:00:00 | user_total_bytes    | u  | 16
        21:00:00 | antenna_total_bytes | a  | 16
        21:00:00 | app_total_bytes     | X  | 16
        """,
        """
        window   | type                | id | value
        21:00:00 | user_total_bytes    | u  | 16
        21:00:00 | antenna_total_bytes | a  | 16
        21:00:00 | app_total_bytes     | X  | 16
        """,
        repeats=1,
    ),
    Spec(
        "the same event_id with other content: the first by arrival counts, the other is a conflict",
        """
        time     | id | antenna | app | bytes | event_id | arrives
        21:01:00 | u2 | a       | X   | 99    | e1       | 21:02:05
        21:01:00 | u1 | a       | X   | 10    | e1       | 21:02:01
        21:01:00 | u1 | a       | X   | 10    | e1       | 21:02:07
        21:01:00 | u2 | a       | X   | 99    | e1       | 21:02:09
        """,
        """
        window   | type                | id | value
        21:00:00 | user_total_bytes    | u1 | 10
        21:00:00 | antenna_total_bytes | a  | 10
        21:00:00 | app_total_bytes     | X  | 10
        """,
        """
        window   | type                | id | value
        21:00:00 | user_total_bytes    | u1 | 10
        21:00:00 | antenna_total_bytes | a  | 10
        21:00:00 | app_total_bytes     | X  | 10
        """,
        repeats=3,
        conflicts=2,
    ),
    Spec(
        "the same event_id in another event hour is another event",
        """
        time          | id | antenna | app | bytes | event_id
        23:59:00      | u  | a       | X   | 10    | e1
        next 00:01:00 | u  | a       | X   | 10    | e1
        """,
        """
        window        | type                | id | value
        23:55:00      | user_total_bytes    | u  | 10
        next 00:00:00 | user_total_bytes    | u  | 10
        23:55:00      | antenna_total_bytes | a  | 10
        next 00:00:00 | antenna_total_bytes | a  | 10
        23:55:00      | app_total_bytes     | X  | 10
        next 00:00:00 | app_total_bytes     | X  | 10
        """,
        """
        window        | type                | id | value
        23:00:00      | user_total_bytes    | u  | 10
        next 00:00:00 | user_total_bytes    | u  | 10
        23:00:00      | antenna_total_bytes | a  | 10
        next 00:00:00 | antenna_total_bytes | a  | 10
        23:00:00      | app_total_bytes     | X  | 10
        next 00:00:00 | app_total_bytes     | X  | 10
        """,
    ),
    Spec(
        "a heartbeat of no bytes makes a row of zero, and the largest event allowed is exact",
        """
        time     | id | antenna | app | bytes         | event_id
        21:00:00 | u1 | a       | X   | 0             | e1
        21:00:00 | u2 | a       | X   | 4398046511104 | e2
        21:00:01 | u2 | a       | X   | 4398046511103 | e3
        """,
        """
        window   | type                | id | value
        21:00:00 | user_total_bytes    | u1 | 0
        21:00:00 | user_total_bytes    | u2 | 8796093022207
        21:00:00 | antenna_total_bytes | a  | 8796093022207
        21:00:00 | app_total_bytes     | X  | 8796093022207
        """,
        """
        window   | type                | id | value
        21:00:00 | user_total_bytes    | u1 | 0
        21:00:00 | user_total_bytes    | u2 | 8796093022207
        21:00:00 | antenna_total_bytes | a  | 8796093022207
        21:00:00 | app_total_bytes     | X  | 8796093022207
        """,
    ),
    Spec(
        "one name may be a user, an app and an antenna at once",
        """
        time     | id   | antenna | app  | bytes | event_id
        21:00:00 | same | same    | same | 4     | e1
        """,
        """
        window   | type                | id   | value
        21:00:00 | user_total_bytes    | same | 4
        21:00:00 | antenna_total_bytes | same | 4
        21:00:00 | app_total_bytes     | same | 4
        """,
        """
        window   | type                | id   | value
        21:00:00 | user_total_bytes    | same | 4
        21:00:00 | antenna_total_bytes | same | 4
        21:00:00 | app_total_bytes     | same | 4
        """,
    ),
]


def messages_of(table: str) -> list[Message]:
    latest = epoch("next 00:02:00")
    return [
        Message(message(row), micros(row["arrives"]) if "arrives" in row else round((latest + at) * 1e6), offset=at)
        for at, row in enumerate(rows_of(table))]


def view(table: str) -> dict[tuple[object, ...], tuple[int, ...]]:
    return {(micros(row["window"]), row["type"], row["id"]): (int(row["value"]),) for row in rows_of(table)}


@pytest.mark.parametrize("spec", SPECS, ids=lambda spec: spec.name)
def test_every_engine_counts(spec: Spec, engine: Engine) -> None:
    answer = engine.count(DEVICES, BYTES, messages_of(spec.events), TimeRules())

    assert answer.windows == view(spec.windows)
    assert answer.hours == view(spec.hours)
    assert (answer.repeats, answer.conflicts, answer.rejected) == (spec.repeats, spec.conflicts, {})
