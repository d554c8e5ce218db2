"""The outbox: changes of alerts that wait to be posted, and the log of every try."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from psycopg2.extensions import cursor as Cursor

from metering.domain.webhook import pause_s
from metering.sql import statement
from metering.store.connection import only_row

AT_ONCE = 100

UNTOLD = "the sender ended before it noted an answer"


@dataclass(frozen=True)
class Change:
    """A change of an alert's state to be posted. `tries`: how often it was tried before."""

    id: int
    payload: Mapping[str, object]
    tries: int


@dataclass(frozen=True)
class Answer:
    """What became of a try: the HTTP status, None where there was none; `error` is empty where it was taken."""

    status: int | None
    error: str
    took_s: float

    @property
    def taken(self) -> bool:
        return not self.error


def due(cursor: Cursor) -> list[Change]:
    """Changes that may be posted now, at most AT_ONCE, one an alert, the longest due first."""
    cursor.execute(statement("alerts/due"), {"most": AT_ONCE})
    return [Change(*row) for row in cursor.fetchall()]


def begin_try(cursor: Cursor, change: int) -> int:
    """Note a try before it is made, so that a crash in it leaves its row; returns the row's number."""
    cursor.execute(statement("alerts/begin_try"), {"change": change, "error": UNTOLD})
    number = int(only_row(cursor)[0])
    cursor.execute(statement("alerts/count_try"), {"change": change})
    return number


def end_try(cursor: Cursor, number: int, change: Change, answer: Answer) -> None:
    """Note the answer; what was not taken is due again after a pause that grows with the tries."""
    cursor.execute(
        statement("alerts/end_try"),
        {"number": number, "status": answer.status, "error": answer.error, "took_s": round(answer.took_s, 3)})
    if answer.taken:
        cursor.execute(statement("alerts/note_delivered"), {"change": change.id})
    else:
        cursor.execute(statement("alerts/try_later"), {"change": change.id, "pause_s": pause_s(change.tries + 1)})


def count_waiting(cursor: Cursor) -> int:
    """Changes that no receiver has taken yet."""
    cursor.execute(statement("alerts/count_waiting"))
    return int(only_row(cursor)[0])
