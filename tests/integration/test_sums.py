"""Sums enter the realtime table by two ways, copied or added to what is there; they read the same."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pyarrow as pa
import pytest
from psycopg2.extensions import connection as Connection

from metering.arrow.partial import partial_schema
from metering.store.rollups import add_sums
from metering.streams.devices import APP, BYTES, USER
from tests.integration.test_merged_samples import transaction

pytestmark = pytest.mark.stack

FIRST = datetime(2026, 3, 1, 12, tzinfo=UTC)
NEXT = FIRST + timedelta(minutes=5)


@pytest.fixture(autouse=True)
def empty(connection: Connection) -> None:
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM bytes")


def add(connection: Connection, generation: int, *rows: tuple[str, datetime, str, int]) -> None:
    sums = pa.table(
        [pa.array(column) for column in zip(*rows, strict=True)], names=("type", "timestamp", "id", "value"),
    ).cast(partial_schema(BYTES))
    with transaction(connection) as cursor:
        add_sums(cursor, BYTES, sums, generation)


def held(connection: Connection) -> dict[tuple[int, str, datetime, str], int]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT generation, type, timestamp, id, value FROM bytes")
        return {row[:4]: int(row[4]) for row in cursor.fetchall()}


def test_a_slice_adds_to_windows_it_knows_and_to_new_ones_at_once(connection: Connection) -> None:
    add(connection, 7, (USER, FIRST, "ann", 5), (USER, FIRST, "bob", 1))

    add(connection, 7,
        (USER, FIRST, "ann", 20), (USER, FIRST, "cid", 3), (USER, NEXT, "ann", 9), (APP, FIRST, "ann", 4))

    assert held(connection) == {
        (7, USER, FIRST, "ann"): 25, (7, USER, FIRST, "bob"): 1, (7, USER, FIRST, "cid"): 3,
        (7, USER, NEXT, "ann"): 9, (7, APP, FIRST, "ann"): 4}


def test_a_new_generation_has_rows_of_its_own(connection: Connection) -> None:
    add(connection, 7, (USER, FIRST, "ann", 5))

    add(connection, 8, (USER, FIRST, "ann", 20))

    assert held(connection) == {(7, USER, FIRST, "ann"): 5, (8, USER, FIRST, "ann"): 20}


def test_times_mean_utc_in_a_session_of_any_zone(connection: Connection) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SET TIME ZONE 'Asia/Tokyo'")
    try:
        add(connection, 7, (USER, FIRST, "ann", 5))
        add(connection, 7, (USER, FIRST, "ann", 6), (USER, NEXT, "ann", 1))
    finally:
        with connection.cursor() as cursor:
            cursor.execute("SET TIME ZONE 'UTC'")

    assert held(connection) == {(7, USER, FIRST, "ann"): 11, (7, USER, NEXT, "ann"): 1}


def test_no_sums_change_nothing(connection: Connection) -> None:
    with transaction(connection) as cursor:
        add_sums(cursor, BYTES, partial_schema(BYTES).empty_table(), 7)

    assert held(connection) == {}


def test_each_page_of_a_realtime_table_has_room_for_all_its_rows_again(connection: Connection) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT array_to_string(reloptions, ',') FROM pg_class WHERE relname = %s", (BYTES.realtime,))
        assert cursor.fetchone() == ("fillfactor=45",)
