"""`usage`, `usage_hourly` and `quota_violation`: batch + realtime, each row once, marked rightly."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import pytest
from psycopg2.extensions import connection as Connection
from psycopg2.extras import execute_values

from metering.streams.devices import APP, USER

pytestmark = pytest.mark.stack

NINE = datetime(2021, 2, 19, 21, tzinfo=UTC)
TEN = NINE + timedelta(hours=1)
Rows = Sequence[tuple[object, ...]]

INSERTS = {
    "bytes": "INSERT INTO bytes (timestamp, id, value, type, generation) VALUES %s",
    "bytes_batch": "INSERT INTO bytes_batch (timestamp, id, value, type) VALUES %s",
    "bytes_hourly": "INSERT INTO bytes_hourly (timestamp, id, value, type) VALUES %s",
    "hours": (
        "INSERT INTO hour_state (topic, hour, final, published_generation, revision, events, duplicates) "
        "VALUES %s"),
    "frozen": "INSERT INTO hour_quota (topic, hour, id, email, quota) VALUES %s",
    "limits": "INSERT INTO user_quota_limit (timestamp, email, usage, quota) VALUES %s",
    "users": "INSERT INTO user_metadata (id, name, email, quota) VALUES %s",
}


@pytest.fixture(autouse=True)
def _empty(connection: Connection) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "TRUNCATE bytes, bytes_batch, bytes_hourly, hour_state, hour_quota, user_quota_limit, user_metadata")


def given(connection: Connection, **tables: Rows) -> None:
    """Put rows into tables, by plain INSERTs."""
    with connection.cursor() as cursor:
        for name, rows in tables.items():
            if rows:
                execute_values(cursor, INSERTS[name], rows)


def hour(start: datetime, final: bool) -> tuple[object, ...]:
    """A published hour for `given(hours=…)`."""
    return ("devices", start, final, 3, 1, 1, 0)


def at(minutes: int) -> datetime:
    """So many minutes after nine in the evening."""
    return NINE + timedelta(minutes=minutes)


def ask(connection: Connection, question: str, *values: object) -> Rows:
    with connection.cursor() as cursor:
        cursor.execute(question, values)
        return cursor.fetchall()


def usage(connection: Connection) -> Rows:
    """Minutes after nine, id, value, provisional: of users, in order."""
    rows = ask(connection, "SELECT timestamp, id, value, provisional FROM usage WHERE type = %s ORDER BY 1, 2", USER)
    return [((start - NINE) // timedelta(minutes=1), id, value, mark) for start, id, value, mark in rows]  # type: ignore[operator]


SERVED = {
    "batch alone, final": {
        "batch": [(0, "a", 5)], "realtime": [], "final": {0: True}, "served": [(0, "a", 5, False)]},
    "batch alone, not final": {
        "batch": [(0, "a", 5)], "realtime": [], "final": {0: False}, "served": [(0, "a", 5, True)]},
    "batch alone, hour unknown": {"batch": [(0, "a", 5)], "realtime": [], "final": {}, "served": [(0, "a", 5, True)]},
    "realtime alone, several generations": {
        "batch": [], "realtime": [(0, "a", 5, 1), (0, "a", 7, 2), (5, "a", 1, 2)], "final": {},
        "served": [(0, "a", 12, True), (5, "a", 1, True)]},
    "both in one window": {
        "batch": [(0, "a", 5)], "realtime": [(0, "a", 7, 4)], "final": {0: False}, "served": [(0, "a", 12, True)]},
    "a late row makes all of its final hour provisional, and no other hour": {
        "batch": [(0, "a", 5), (55, "b", 6), (60, "a", 9), (-5, "a", 8)], "realtime": [(30, "c", 1, 4)],
        "final": {0: True, 60: True, -60: True},
        "served": [(-5, "a", 8, False), (0, "a", 5, True), (30, "c", 1, True), (55, "b", 6, True),
                (60, "a", 9, False)]},
    "final hours around one that is not": {
        "batch": [(0, "a", 1), (60, "a", 2), (120, "a", 3)], "realtime": [], "final": {0: True, 60: False, 120: True},
        "served": [(0, "a", 1, False), (60, "a", 2, True), (120, "a", 3, False)]},
    "sums beyond bigint": {
        "batch": [(0, "a", 2**64)], "realtime": [(0, "a", 2**64, 4)], "final": {}, "served": [(0, "a", 2**65, True)]},
}


@pytest.mark.parametrize("case", SERVED)
def test_usage_serves_batch_plus_realtime_with_its_mark(connection: Connection, case: str) -> None:
    table = SERVED[case]
    given(
        connection,
        bytes_batch=[(at(minute), id, value, USER) for minute, id, value in table["batch"]],
        bytes=[(at(minute), id, value, USER, generation) for minute, id, value, generation in table["realtime"]],
        hours=[hour(at(minute), final) for minute, final in table["final"].items()])

    assert usage(connection) == table["served"]


def test_a_realtime_row_of_one_type_makes_the_hour_provisional_for_all_types(connection: Connection) -> None:
    given(
        connection, hours=[hour(NINE, True)], bytes_batch=[(at(0), "a", 5, USER)],
        bytes=[(at(5), "SKYPE", 5, APP, 9)])

    assert usage(connection) == [(0, "a", 5, True)]


def test_another_topics_finality_does_not_count(connection: Connection) -> None:
    given(connection, bytes_batch=[(at(0), "a", 5, USER)], hours=[("listens", NINE, True, 1, 1, 1, 0)])

    assert usage(connection) == [(0, "a", 5, True)]


def test_realtime_hours_are_found_through_all_generations_and_types(connection: Connection) -> None:
    rows = [
        (at(60 * n + 25), "x", 1, kind, generation)
        for generation in (1, 2, 5) for kind in (APP, USER) for n in range(generation, 40, 7)]
    given(connection, bytes=rows)

    found = ask(connection, "SELECT hour FROM realtime_hour ORDER BY hour")

    assert [hour for (hour,) in found] == sorted({at(60 * n) for g in (1, 2, 5) for n in range(g, 40, 7)})


def test_usage_hourly_adds_the_hours_realtime_windows(connection: Connection) -> None:
    given(
        connection, hours=[hour(NINE, True), hour(TEN, True)],
        bytes_hourly=[(NINE, "a", 100, USER), (TEN, "a", 50, USER), (TEN, "b", 1, USER)],
        bytes=[(at(65), "a", 5, USER, 4), (at(115), "a", 6, USER, 5), (at(180), "c", 7, USER, 5)])

    rows = ask(connection, "SELECT timestamp, id, value, provisional FROM usage_hourly ORDER BY 1, 2")

    assert rows == [
        (NINE, "a", 100, False), (TEN, "a", 61, True), (TEN, "b", 1, True), (at(180), "c", 7, True)]


def test_the_views_agree_on_every_hour(connection: Connection) -> None:
    given(
        connection, hours=[hour(NINE, True), hour(TEN, False)],
        bytes_batch=[(at(0), "a", 1, USER), (at(5), "a", 2, USER), (at(60), "a", 4, USER)],
        bytes_hourly=[(NINE, "a", 3, USER), (TEN, "a", 4, USER)],
        bytes=[(at(70), "a", 8, USER, 4), (at(125), "a", 16, USER, 4)])

    by_window = ask(
        connection, "SELECT date_trunc('hour', timestamp, 'UTC'), id, type, sum(value), bool_or(provisional) "
        "FROM usage GROUP BY 1, 2, 3 ORDER BY 1")
    by_hour = ask(connection, "SELECT timestamp, id, type, value, provisional FROM usage_hourly ORDER BY 1")

    assert by_window == by_hour


FEDE, ANA = ("u5", "Fede", "fede@gmail.com", 5000), ("u6", "Ana", "ana@gmail.com", 100)
QUOTAS = {
    "published, final": {
        "limits": [(NINE, "fede@gmail.com", 57022, 5000)], "final": {0: True},
        "judged": [("fede@gmail.com", 57022, 5000, NINE, False)]},
    "published, not final": {
        "limits": [(NINE, "fede@gmail.com", 57022, 5000)], "final": {0: False},
        "judged": [("fede@gmail.com", 57022, 5000, NINE, True)]},
    "never published: judged by the realtime sums": {
        "bytes": [(at(5), "u5", 4000, USER, 1), (at(10), "u5", 1001, USER, 1), (at(5), "u6", 100, USER, 1)],
        "judged": [("fede@gmail.com", 5001, 5000, NINE, True)]},
    "exactly the quota is no violation": {"bytes": [(at(5), "u5", 5000, USER, 1)], "judged": []},
    "published, then more arrived: batch and realtime together": {
        "hourly": [(NINE, "u5", 4000, USER)], "bytes": [(at(5), "u5", 1001, USER, 4)], "final": {0: False},
        "judged": [("fede@gmail.com", 5001, 5000, NINE, True)]},
    "the published row of an hour with realtime rows gives way to the judged one": {
        "limits": [(NINE, "fede@gmail.com", 6000, 5000)], "hourly": [(NINE, "u5", 6000, USER)],
        "bytes": [(at(5), "u5", 1, USER, 4)], "final": {0: False},
        "judged": [("fede@gmail.com", 6001, 5000, NINE, True)]},
    "a final hour keeps the quota it was frozen at": {
        "hourly": [(NINE, "u5", 6000, USER)], "bytes": [(at(5), "u5", 1, USER, 4)], "final": {0: True},
        "frozen": [("devices", NINE, "u5", "old@gmail.com", 6000)],
        "judged": [("old@gmail.com", 6001, 6000, NINE, True)]},
    "an hour that is not final is judged by the quota of today": {
        "hourly": [(NINE, "u5", 4990, USER)], "bytes": [(at(5), "u5", 1, USER, 4)], "final": {0: False},
        "frozen": [("devices", NINE, "u5", "old@gmail.com", 10)], "judged": []},
    "a user without metadata has no quota to pass": {"bytes": [(at(5), "u9", 10**9, USER, 1)], "judged": []},
    "an app of a user's id is not that user": {"bytes": [(at(5), "u5", 10**9, APP, 1)], "judged": []},
}


@pytest.mark.parametrize("case", QUOTAS)
def test_quota_violations_are_the_published_ones_or_judged_by_what_is_served(
    connection: Connection, case: str
) -> None:
    table = QUOTAS[case]
    given(
        connection, users=[FEDE, ANA], limits=table.get("limits", []), bytes_hourly=table.get("hourly", []),
        bytes=table.get("bytes", []), frozen=table.get("frozen", []),
        hours=[hour(at(minute), final) for minute, final in table.get("final", {}).items()])

    rows = ask(connection, "SELECT email, usage, quota, timestamp, provisional FROM quota_violation ORDER BY 1")

    assert rows == table["judged"]


def test_a_filter_reaches_the_index_of_both_tables(connection: Connection) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SET enable_seqscan = off; SET enable_bitmapscan = off")
        cursor.execute(
            "EXPLAIN SELECT id, value FROM usage "
            "WHERE type = %s AND timestamp >= %s AND timestamp < %s", (USER, NINE, TEN))
        plan = [line.strip() for (line,) in cursor.fetchall()]

    conditions = [line for line in plan if line.startswith("Index Cond") and USER in line and "2021-02-19 21" in line]
    assert len(conditions) == 3, plan  # the batch table by spans and by realtime hours, and the realtime table
