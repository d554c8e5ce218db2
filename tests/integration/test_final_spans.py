"""`final_span` follows `hour_state.final`, whatever is done to that table."""

from __future__ import annotations

import random
from contextlib import closing
from datetime import UTC, datetime, timedelta

import psycopg2
import pytest
from psycopg2.extensions import connection as Connection
from psycopg2.extras import execute_values

pytestmark = pytest.mark.stack

NINE = datetime(2021, 2, 19, 21, tzinfo=UTC)
INSERT = (
    "INSERT INTO hour_state (topic, hour, final, published_generation, revision, events, duplicates) VALUES %s "
    "ON CONFLICT (topic, hour) DO UPDATE SET final = excluded.final")


def put(connection: Connection, hours: dict[int, bool], topic: str = "devices") -> None:
    """Insert or update hours, numbered from nine in the evening."""
    rows = [(topic, NINE + timedelta(hours=number), final, 1, 1, 1, 0) for number, final in hours.items()]
    with connection.cursor() as cursor:
        execute_values(cursor, INSERT, rows)


def spans(connection: Connection, topic: str = "devices") -> list[tuple[int, int]]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT span_start, span_end FROM final_span WHERE topic = %s ORDER BY span_start", (topic,))
        return [tuple((moment - NINE) // timedelta(hours=1) for moment in row) for row in cursor]  # type: ignore[misc]


def run(connection: Connection, statement: str, *values: object) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)


@pytest.fixture(autouse=True)
def _empty(connection: Connection) -> None:
    run(connection, "TRUNCATE hour_state")


def test_hours_that_touch_are_one_span(connection: Connection) -> None:
    put(connection, {0: True, 1: True, 3: True, 4: False})
    assert spans(connection) == [(0, 2), (3, 4)]

    put(connection, {2: True})
    assert spans(connection) == [(0, 4)]


def test_an_hour_that_is_final_no_more_parts_its_span(connection: Connection) -> None:
    put(connection, dict.fromkeys(range(5), True))

    put(connection, {2: False})
    assert spans(connection) == [(0, 2), (3, 5)]

    run(connection, "DELETE FROM hour_state WHERE hour = %s", NINE)
    assert spans(connection) == [(1, 2), (3, 5)]


def test_other_changes_of_an_hour_leave_the_spans(connection: Connection) -> None:
    put(connection, {0: True, 1: True})

    run(connection, "UPDATE hour_state SET revision = revision + 1")

    assert spans(connection) == [(0, 2)]


def test_topics_are_kept_apart(connection: Connection) -> None:
    put(connection, {0: True})
    put(connection, {1: True}, topic="listens")

    assert (spans(connection), spans(connection, "listens")) == ([(0, 1)], [(1, 2)])


def test_truncating_empties_the_spans(connection: Connection) -> None:
    put(connection, {0: True})

    run(connection, "TRUNCATE hour_state")

    assert spans(connection) == []


def test_a_writer_that_gives_up_changes_no_span(connection: Connection, database_url: str) -> None:
    with closing(psycopg2.connect(database_url)) as other:
        put(other, {0: True})
        other.rollback()

    assert spans(connection) == []


@pytest.mark.parametrize("seed", range(5))
def test_after_any_changes_the_spans_are_those_of_the_final_hours(connection: Connection, seed: int) -> None:
    chance = random.Random(seed)
    finals: dict[int, bool] = {}
    for _ in range(60):
        numbers = chance.sample(range(40), chance.randint(1, 8))
        if chance.random() < 0.2:
            moments = [NINE + timedelta(hours=number) for number in numbers]
            run(connection, "DELETE FROM hour_state WHERE hour = ANY(%s)", moments)
            finals = {number: final for number, final in finals.items() if number not in numbers}
        else:
            changed = {number: chance.random() < 0.7 for number in numbers}
            put(connection, changed)
            finals |= changed

        covered = [number for start, end in spans(connection) for number in range(start, end)]
        assert covered == sorted(number for number, final in finals.items() if final)
        assert all(end < start for (_, end), (start, _) in zip(spans(connection), spans(connection)[1:], strict=False))
