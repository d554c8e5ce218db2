"""Issuing on a real database: when, with which numbers, what a correction says, and that nothing is ever changed."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import psycopg2
import pytest
from psycopg2.extensions import connection as Connection

from metering.domain.errors import ServiceAway
from metering.settings import child_environment
from tests.integration.conftest import database
from tests.lib.issuing import issue
from tests.lib.running import Running, until
from tests.lib.sample_invoices import Rated, correct, publish, rate, start_of

pytestmark = pytest.mark.stack

OCTOBER, NOVEMBER = date(2026, 10, 1), date(2026, 11, 1)
IN_PERIOD = datetime(2026, 10, 20, tzinfo=UTC)
IN_GRACE = datetime(2026, 11, 3, 23, 59, tzinfo=UTC)
DUE = datetime(2026, 11, 4, tzinfo=UTC)


@pytest.fixture(scope="module")
def issued(server_url: str, migrated_template: str) -> Iterator[Connection]:
    """A database with an invoice, for what is refused."""
    with database(server_url, migrated_template) as url, closing(psycopg2.connect(url)) as opened:
        opened.autocommit = True
        put(opened, used("u-1", (3, "5", "1.00")))
        issue(url, DUE)
        yield opened


@pytest.fixture
def database_url(server_url: str, migrated_template: str) -> Iterator[str]:
    """A database of its own for every test: numbers begin anew."""
    with database(server_url, migrated_template) as url:
        yield url


def used(customer: str, *hours: tuple[int, str, str], tariff: str = "basic", **more: Any) -> Rated:
    subject = more.pop("subject", "user_bytes")
    return Rated(tariff, subject, customer, OCTOBER, NOVEMBER,
                 {number: (Decimal(quantity), Decimal(amount)) for number, quantity, amount in hours}, **more)


def put(connection: Connection, *lines: Rated) -> None:
    with connection.cursor() as cursor:
        rate(cursor, *lines)


def amend(connection: Connection, line: Rated, number: int) -> None:
    """As a publish of the hour and the rating after it."""
    connection.autocommit = False
    with connection, connection.cursor() as cursor:
        correct(cursor, line, number)
    connection.autocommit = True


def rows(connection: Connection, query: str, *values: object) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(query, values or None)
        return cursor.fetchall()


def documents(connection: Connection) -> list[tuple[Any, ...]]:
    return rows(connection, "SELECT number, customer, total FROM invoice ORDER BY number")


def test_an_invoice_is_issued_when_its_period_and_grace_are_over(database_url: str, connection: Connection) -> None:
    put(connection, used("u-1", (3, "5", "0.123456789012"), (700, "1", "0.2"), fixed=Decimal("9.90"),
                         rounding=Decimal("-0.003456789012")),
        used("u-1", (3, "2", "0.01"), tariff="addon"))

    assert issue(database_url, IN_PERIOD) == issue(database_url, IN_GRACE) == []
    assert issue(database_url, DUE) == ["INV-000001"]
    assert issue(database_url, DUE + timedelta(days=9)) == []

    assert documents(connection) == [("INV-000001", "u-1", Decimal("10.23"))]
    assert rows(connection, "SELECT position, tariff, quantity, amount FROM invoice_line ORDER BY position") == [
        (1, "addon", 2, Decimal("0.01")), (2, "basic", 6, Decimal("10.22"))]
    assert rows(connection, "SELECT count(*), min(topic), max(revision) FROM invoice_hour") == [(3, "devices", 1)]


@pytest.mark.parametrize("waiting", ["not final", "not rated", "not published", "failed"])
def test_an_hour_that_is_not_settled_holds_the_periods_invoices(
    database_url: str, connection: Connection, waiting: str
) -> None:
    put(connection, used("u-1", (3, "5", "1")),
        used("m-1", (3, "5", "1"), subject="machine_percent_hours", tariff="cpu"))
    hour = start_of(OCTOBER) + timedelta(hours=9)
    publish_is = {"not final": "UPDATE hour_state SET final = false WHERE hour = %(hour)s",
                  "not rated": "UPDATE hour_state SET revision = 2 WHERE hour = %(hour)s",
                  "not published": """
        INSERT INTO archive_file (path, topic, hour, rows, generation, size, sha256)
        VALUES ('a', 'devices', %(hour)s, 1, 2, 1, '')""",
                  "failed": "DELETE FROM rated_state WHERE hour = %(hour)s"}
    with connection.cursor() as cursor:
        cursor.execute("INSERT INTO stream_generation (topic, generation) VALUES ('devices', 3)")
        publish(cursor, "devices", hour)
        cursor.execute(publish_is[waiting], {"hour": hour})

    assert issue(database_url, DUE) == ["INV-000001"]
    assert documents(connection) == [("INV-000001", "m-1", 1)]  # the other stream's hours are settled

    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM archive_file; UPDATE hour_state SET final = true, revision = 1;")
        publish(cursor, "devices", hour)
    assert issue(database_url, DUE) == ["INV-000002"]


def test_what_a_slice_has_read_since_the_seal_holds_nothing_up(database_url: str, connection: Connection) -> None:
    put(connection, used("u-1", (3, "5", "1")))
    with connection.cursor() as cursor:
        cursor.execute("INSERT INTO stream_generation (topic, generation) VALUES ('devices', 3)")
        cursor.execute(
            "INSERT INTO archive_file (path, topic, hour, rows, generation, size, sha256)"
            " VALUES ('a', 'devices', %s, 1, 3, 1, '')", (start_of(OCTOBER),))

    assert issue(database_url, DUE) == ["INV-000001"]


def test_no_invoice_while_a_stream_is_not_read_past_the_periods_end(database_url: str, connection: Connection) -> None:
    put(connection, used("u-1", (3, "5", "1")))
    asked = []

    def behind(topic: str, moment: datetime) -> bool:
        asked.append((topic, moment))
        return False

    def away(topic: str, moment: datetime) -> bool:
        raise ServiceAway("Kafka cannot be reached")

    assert issue(database_url, DUE, behind) == []
    assert asked == [("devices", start_of(NOVEMBER))]
    assert issue(database_url, DUE, away) == []
    assert issue(database_url, DUE) == ["INV-000001"]


def test_each_change_gives_one_note_with_the_difference_and_why(database_url: str, connection: Connection) -> None:
    put(connection, used("u-1", (3, "5", "1.00"), (4, "1", "0.10")), used("u-2", (3, "1", "7")))
    issue(database_url, DUE)

    amend(connection, used("u-1", (3, "6", "1.20"), (4, "1", "0.10")), 3)
    assert issue(database_url, DUE) == ["COR-000001"]
    assert issue(database_url, DUE) == []
    amend(connection, used("u-1", (3, "7", "1.40"), (4, "1", "0.10"), (9, "2", "0.20")), 3)
    assert issue(database_url, DUE) == ["COR-000002"]
    assert issue(database_url, DUE) == []

    assert documents(connection)[:2] == [("COR-000001", "u-1", Decimal("0.20")), ("COR-000002", "u-1", Decimal("0.40"))]
    [(corrects, run, why)] = rows(
        connection, "SELECT corrects, batch_run, why FROM invoice WHERE number = 'COR-000001'")
    assert (corrects, run) == ("INV-000001", 0)
    assert why == ("devices 2026-10-01T03: events arrived after the hour was final (generation 7), revision 2, "
                   "batch run 42")
    [(why,)] = rows(connection, "SELECT why FROM invoice WHERE number = 'COR-000002'")
    assert why == ("devices 2026-10-01T03: events arrived after the hour was final (generation 7), revision 3, "
                   "batch run 43; devices 2026-10-01T09: rated again")
    assert rows(connection, "SELECT old, new, amount FROM invoice_line WHERE number LIKE 'COR%%' ORDER BY number") == [
        (Decimal("1.10"), Decimal("1.30"), Decimal("0.20")), (Decimal("1.30"), Decimal("1.70"), Decimal("0.40"))]
    hours = "SELECT hour, old, new, amount FROM invoice_hour WHERE number LIKE 'COR%%' ORDER BY number, hour"
    assert rows(connection, hours) == [
        (start_of(OCTOBER) + timedelta(hours=3), Decimal("1.00"), Decimal("1.20"), Decimal("0.20")),
        (start_of(OCTOBER) + timedelta(hours=3), Decimal("1.20"), Decimal("1.40"), Decimal("0.20")),
        (start_of(OCTOBER) + timedelta(hours=9), 0, Decimal("0.20"), Decimal("0.20"))]


def test_a_change_waits_until_the_hour_is_rated_again(database_url: str, connection: Connection) -> None:
    put(connection, used("u-1", (3, "5", "1.00")))
    issue(database_url, DUE)
    amend(connection, used("u-1", (3, "6", "1.20")), 3)
    with connection.cursor() as cursor:
        cursor.execute("UPDATE hour_state SET revision = revision + 1")

    assert issue(database_url, DUE) == []

    with connection.cursor() as cursor:
        cursor.execute("UPDATE rated_state SET revision = revision + 1")
    assert issue(database_url, DUE) == ["COR-000001"]


def test_two_hours_that_change_a_line_by_nothing_are_noted(database_url: str, connection: Connection) -> None:
    put(connection, used("u-1", (3, "5", "1.00"), (4, "5", "1.00")))
    issue(database_url, DUE)
    amend(connection, used("u-1", (3, "6", "1.20"), (4, "4", "0.80")), 3)
    amend(connection, used("u-1", (3, "6", "1.20"), (4, "4", "0.80")), 4)

    assert issue(database_url, DUE) == ["COR-000001"]
    assert issue(database_url, DUE) == []
    assert documents(connection)[0] == ("COR-000001", "u-1", 0)


def test_a_line_that_comes_and_one_that_goes_are_noted_once(database_url: str, connection: Connection) -> None:
    put(connection, used("u-1", (3, "5", "1.00")), used("u-1", (3, "5", "2.00"), tariff="addon"))
    issue(database_url, DUE)
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM rated_hour WHERE tariff = 'addon'; DELETE FROM rated_line WHERE tariff = 'addon'")
    put(connection, used("u-1", (3, "5", "5.00"), tariff="other"))

    assert issue(database_url, DUE) == ["COR-000001"]
    assert issue(database_url, DUE) == []
    assert documents(connection)[0] == ("COR-000001", "u-1", 3)


def test_a_day_and_the_month_that_begins_with_it_are_two_accounts(database_url: str, connection: Connection) -> None:
    day = used("u-1", (3, "5", "2.00"), tariff="daily")
    put(connection, used("u-1", (3, "5", "1.00")), Rated(**{**vars(day), "period_end": date(2026, 10, 2)}))

    assert issue(database_url, IN_PERIOD) == ["INV-000001"]
    assert issue(database_url, DUE) == ["INV-000002"]
    assert documents(connection) == [("INV-000001", "u-1", 2), ("INV-000002", "u-1", 1)]


@pytest.mark.parametrize("statement", [
    "UPDATE invoice SET total = total", "DELETE FROM invoice", "UPDATE invoice_line SET amount = 0",
    "DELETE FROM invoice_hour", "TRUNCATE invoice_hour", "TRUNCATE invoice CASCADE",
    "INSERT INTO invoice_hour (number, position, hour, topic, quantity, amount, revision)"
    " VALUES ('INV-000001', 1, '2026-10-02', 'devices', 0, 0, 1)",
    "INSERT INTO invoice_line (number, position, tariff, valid_from, tariff_sha256, subject, quantity, fixed, rounding,"
    " amount) VALUES ('INV-000001', 2, 'a', '2026-01-01', '', 'user_bytes', 0, 0, 0, 0)",
    "INSERT INTO invoice (number, kind, customer, period, period_end, currency, total, issued_at)"
    " VALUES ('INV-000009', 'invoice', 'u-9', '2026-10-01', '2026-11-01', 'EUR', 0, '2026-11-04')"])
def test_an_issued_document_never_changes(issued: Connection, statement: str) -> None:
    with pytest.raises(psycopg2.errors.RestrictViolation), issued.cursor() as cursor:
        cursor.execute(statement)

    assert documents(issued) == [("INV-000001", "u-1", 1)]


@pytest.mark.parametrize(("total", "amount", "hour"), [("2", "1", "1"), ("1", "1", "0.5"), ("2", "2", "1")])
def test_a_document_whose_sums_do_not_hold_is_refused_at_commit(
    issued: Connection, total: str, amount: str, hour: str
) -> None:
    with issued.cursor() as cursor:
        cursor.execute("BEGIN")
        cursor.execute(
            "INSERT INTO invoice (number, kind, customer, period, period_end, currency, total)"
            " VALUES ('INV-000002', 'invoice', 'u-2', '2026-10-01', '2026-11-01', 'EUR', %s)", (total,))
        cursor.execute(
            "INSERT INTO invoice_line (number, position, tariff, valid_from, tariff_sha256, subject, quantity, fixed,"
            " rounding, amount) VALUES ('INV-000002', 1, 'a', '2026-01-01', '', 'user_bytes', 1, 0, 0, %s)", (amount,))
        cursor.execute(
            "INSERT INTO invoice_hour (number, position, hour, topic, quantity, amount, revision)"
            " VALUES ('INV-000002', 1, '2026-10-02', 'devices', 1, %s, 1)", (hour,))
        with pytest.raises(psycopg2.errors.CheckViolation):
            cursor.execute("COMMIT")
    assert documents(issued) == [("INV-000001", "u-1", 1)]


def test_numbers_have_no_gap_after_a_kill_in_the_middle(
    database_url: str, connection: Connection, tmp_path: Path
) -> None:
    put(connection, *(used(f"u-{number}", (3, "1", f"{number}.5")) for number in range(5)))
    environment = child_environment(LAMBDAMETER_FAILPOINT="batch-mid-invoice", LAMBDAMETER_FAILPOINT_DIR=str(tmp_path))
    killed = Running(
        [sys.executable, "-m", "tests.lib.issuing", database_url, DUE.isoformat()], environment, tmp_path / "log")
    try:
        until((tmp_path / "batch-mid-invoice.reached").exists, "a document is half written")
    finally:
        killed.kill()

    def lock_is_free() -> bool:
        return not rows(connection, "SELECT 1 FROM pg_locks WHERE locktype = 'advisory' AND database = ("
                        "SELECT oid FROM pg_database WHERE datname = current_database())")

    until(lock_is_free, "the killed session ends")
    assert documents(connection) == []

    numbers = issue(database_url, DUE)

    assert numbers == [f"INV-{number:06d}" for number in range(1, 6)]
    assert rows(connection, "SELECT last FROM invoice_counter WHERE kind = 'invoice'") == [(5,)]
