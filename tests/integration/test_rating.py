"""Rating on a real database: lines equal a plain calculation, a correction and a new version rate what they touch."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import closing
from datetime import UTC, datetime, timedelta
from decimal import ROUND_HALF_EVEN, Decimal
from pathlib import Path
from typing import Any

import psycopg2
import pytest
from psycopg2.extras import execute_values

from batch_layer.rate import Rating
from metering.domain.billing.tariffs import SUBJECTS, TariffVersion, read_versions, version_of
from metering.domain.errors import BadSettings
from metering.store.locked_session import LockedSession
from metering.store.tariffs import add_versions
from metering.streams.subjects import TOPICS
from tests.integration.conftest import database, serving

pytestmark = pytest.mark.stack

MAY = datetime(2026, 5, 1, tzinfo=UTC)
HOURS = [MAY + timedelta(hours=hour) for hour in (0, 1, 26, 27, 500, 743)]
JUNE = datetime(2026, 6, 1, tzinfo=UTC)
GB = 10**9
USED = {"ann": [3, 4, 5, 0, 7, 1], "bob": [1, 0, 0, 0, 0, 0], "cyd": [40, 40, 40, 40, 40, 40]}
"""Gigabytes and one byte in each of HOURS."""

TARIFFS = """
[[version]]
name = "unit"
valid_from = 2026-01-01
subject = "user_bytes"
currency = "EUR"
unit = "1000000000"
price = {model = "per_unit", price = "0.1"}

[[version]]
name = "tiers"
valid_from = 2026-01-01
subject = "user_bytes"
currency = "EUR"
unit = "1000000000"
price = {model = "graduated", tiers = [{up_to = "10", price = "1", fee = "2"}, {price = "0.5"}]}

[[version]]
name = "pack"
valid_from = 2026-01-01
subject = "user_bytes"
customers = ["ann"]
currency = "EUR"
period = "day"
unit = "1000000000"
price = {model = "package", fee = "9.99", allowance = "5", price = "2"}
"""


@pytest.fixture
def books(stack: Any, migrated_template: str) -> Iterator[Books]:
    with database(stack.env()["DATABASE_URL"], migrated_template) as url, \
            closing(psycopg2.connect(url)) as connection, LockedSession(url, "test", "batch_layer") as session:
        connection.autocommit = True
        yield Books(connection, session, url)


class Books:
    """The tables as the layers leave them, and rating over them."""

    def __init__(self, connection: Any, session: LockedSession, url: str) -> None:
        self.connection, self.session, self.url = connection, session, url

    def publish(self, hour: datetime, used: Mapping[str, int], revision: int = 1, *, final: bool = True) -> None:
        with self.connection.cursor() as cursor:
            cursor.execute("DELETE FROM bytes_hourly WHERE timestamp = %s", (hour,))
            execute_values(cursor, "INSERT INTO bytes_hourly (timestamp, id, value, type) VALUES %s", [
                (hour, user, value, "user_total_bytes") for user, value in used.items()])
            cursor.execute(
                "INSERT INTO hour_state (topic, hour, published_generation, revision, events, duplicates, final)"
                " VALUES ('devices', %s, 1, %s, 1, 0, %s) ON CONFLICT (topic, hour)"
                " DO UPDATE SET revision = EXCLUDED.revision, final = EXCLUDED.final", (hour, revision, final))

    def publish_all(self) -> None:
        for number, hour in enumerate(HOURS):
            self.publish(hour, {user: used[number] * GB + 1 for user, used in USED.items() if used[number]})

    def add(self, *versions: TariffVersion) -> int:
        with self.session.transaction() as cursor:
            return add_versions(cursor, versions, "test")

    def rated(self) -> int:
        return Rating(self.session).run()

    def rows(self, query: str, *values: Any) -> list[tuple[Any, ...]]:
        with self.connection.cursor() as cursor:
            cursor.execute(query, values or None)
            found: list[tuple[Any, ...]] = cursor.fetchall()
            return found

    def amounts(self, tariff: str) -> dict[tuple[str, str], Decimal]:
        return {(customer, f"{period}"): amount for customer, period, amount in self.rows(
            "SELECT customer, period, amount FROM rated_line WHERE tariff = %s", tariff)}


def cents(amount: Decimal) -> Decimal:
    return amount.quantize(Decimal("0.01"), ROUND_HALF_EVEN)


def gigabytes(user: str, *hours: int) -> Decimal:
    """What `publish_all` makes a user move in these of HOURS, or in all."""
    used = [USED[user][hour] for hour in hours or range(len(HOURS))]
    return Decimal(sum(used)) + Decimal(sum(map(bool, used))) / GB


def test_lines_equal_a_plain_calculation_and_hours_add_up_to_them(books: Books) -> None:
    books.publish_all()
    books.add(*read_versions(TARIFFS, "tariffs"))

    assert books.rated() > 0

    assert books.amounts("unit") == {
        (user, "2026-05-01"): cents(gigabytes(user) / 10) for user in USED}
    assert books.amounts("tiers") == {
        ("ann", "2026-05-01"): cents(2 + 10 + (gigabytes("ann") - 10) / 2),
        ("bob", "2026-05-01"): cents(2 + gigabytes("bob")),
        ("cyd", "2026-05-01"): cents(2 + 10 + (gigabytes("cyd") - 10) / 2)}
    beyond = max(gigabytes("ann", 0, 1) - 5, Decimal(0)) * 2
    assert books.amounts("pack") == {
        ("ann", "2026-05-01"): cents(Decimal("9.99") + beyond), ("ann", "2026-05-02"): Decimal("9.99"),
        ("ann", "2026-05-21"): cents(Decimal("9.99") + (gigabytes("ann", 4) - 5) * 2),
        ("ann", "2026-05-31"): Decimal("9.99")}
    assert books.rows(
        "SELECT line.tariff FROM rated_line AS line WHERE amount <> fixed + rounding + ("
        " SELECT sum(amount) FROM rated_hour AS hour WHERE (hour.tariff, hour.customer, hour.period)"
        " = (line.tariff, line.customer, line.period))") == []


def test_a_second_run_writes_nothing_and_an_hour_published_again_rates_only_its_customers(books: Books) -> None:
    books.publish_all()
    books.add(*read_versions(TARIFFS, "tariffs"))
    books.rated()
    mark = "SELECT tariff, customer, period, xmin::text FROM rated_line"
    before = set(books.rows(mark))

    assert books.rated() == 0
    assert set(books.rows(mark)) == before

    books.publish(HOURS[0], {"ann": 2 * GB, "bob": GB + 1}, revision=2)
    assert books.rated() > 0

    kept = {(tariff, customer, f"{period}") for tariff, customer, period, _ in before & set(books.rows(mark))}
    # Bob used as much as before; cyd was in the hour when it was rated, and is in it no longer.
    assert kept == {(tariff, "bob", "2026-05-01") for tariff in ("unit", "tiers")} | {
        ("pack", "ann", day) for day in ("2026-05-02", "2026-05-21", "2026-05-31")}
    assert books.amounts("unit")["ann", "2026-05-01"] == cents(
        (gigabytes("ann") - gigabytes("ann", 0) + 2) / 10)
    assert books.amounts("unit")["cyd", "2026-05-01"] == cents(gigabytes("cyd", 1, 2, 3, 4, 5) / 10)
    assert set(books.rows("SELECT revision FROM rated_hour WHERE hour = %s", HOURS[0])) == {(2,)}


def test_a_new_hour_leaves_the_rows_of_those_before_it_alone(books: Books) -> None:
    books.publish(HOURS[0], {"bob": GB})
    books.add(read_versions(TARIFFS, "tariffs")[0])
    books.rated()
    mark = "SELECT hour, xmin::text FROM rated_hour"
    [(hour, written)] = books.rows(mark)

    books.publish(HOURS[1], {"bob": GB})
    books.rated()

    assert dict(books.rows(mark))[hour] == written
    assert books.amounts("unit") == {("bob", "2026-05-01"): Decimal("0.20")}


def test_a_customer_who_is_in_no_hour_any_more_has_no_line(books: Books) -> None:
    books.publish(HOURS[0], {"bob": GB})
    books.add(*read_versions(TARIFFS, "tariffs"))
    books.rated()

    books.publish(HOURS[0], {"ann": GB}, revision=2)
    books.rated()

    assert {user for user, _ in books.amounts("unit")} == {"ann"}


def test_a_new_version_rates_what_it_covers_and_its_predecessor_ends_there(books: Books) -> None:
    books.publish_all()
    books.publish(JUNE, {"bob": GB})
    unit = read_versions(TARIFFS, "tariffs")[0]
    books.add(unit)
    books.rated()

    dearer = version_of(unit.spec | {
        "valid_from": "2026-05-02T00:00:00Z", "price": {"model": "per_unit", "price": "0.2"}})
    assert books.add(dearer, unit) == 1
    assert books.rated() > 0

    lines = {(f"{since:%m-%d}", customer, f"{period:%m-%d}"): amount for since, customer, period, amount in books.rows(
        "SELECT valid_from, customer, period, amount FROM rated_line")}
    assert lines["01-01", "ann", "05-01"] == cents(gigabytes("ann", 0, 1) / 10)
    assert lines["05-02", "ann", "05-01"] == cents(gigabytes("ann", 2, 3, 4, 5) / 5)
    assert {key for key in lines if key[1] == "bob"} == {("01-01", "bob", "05-01"), ("05-02", "bob", "06-01")}
    assert books.rows("SELECT hour, count(*) FROM rated_hour WHERE customer = 'ann' GROUP BY hour HAVING count(*) > 1"
                      ) == []
    assert books.rated() == 0


def test_a_version_is_never_changed(books: Books) -> None:
    unit = read_versions(TARIFFS, "tariffs")[0]
    assert books.add(unit) == 1
    assert books.add(unit) == 0

    with pytest.raises(BadSettings, match="is there and says something else"):
        books.add(version_of(unit.spec | {"unit": "1"}))
    with pytest.raises(psycopg2.errors.RestrictViolation, match="kept as it is"):
        books.rows("UPDATE tariff SET sha256 = '' RETURNING name")
    with pytest.raises(psycopg2.errors.RestrictViolation, match="kept as it is"):
        books.rows("DELETE FROM tariff RETURNING name")


def test_the_command_adds_all_versions_of_its_files_or_names_every_fault(books: Books, tmp_path: Path) -> None:
    good, bad = tmp_path / "good.toml", tmp_path / "bad.toml"
    good.write_text(TARIFFS)
    bad.write_text(TARIFFS.replace('"EUR"', '"euro"').replace("user_bytes", "bits"))

    refused = serving(books.url, "tariffs", str(good), str(bad))
    assert refused.returncode == 2
    assert [refused.stderr.count(word) for word in ("currency is 'euro'", "subject is 'bits'")] == [3, 3]
    assert books.rows("SELECT name FROM tariff") == []

    assert serving(books.url, "tariffs", str(good)).stdout == "added 3, there already 0\n"
    assert serving(books.url, "tariffs", str(good)).stdout == "added 0, there already 3\n"
    listed = serving(books.url, "tariffs", "--list").stdout.splitlines()
    assert [line.split()[0] for line in listed] == ["name", "pack", "tiers", "unit"]


def test_the_database_knows_the_topic_of_every_subject_as_the_registry_does(books: Books) -> None:
    assert {subject: books.rows("SELECT topic_of_subject(%s)", subject)[0][0] for subject in SUBJECTS} == TOPICS


def test_what_is_rated_is_provisional_until_every_hour_of_its_period_is_final(books: Books) -> None:
    books.publish(HOURS[0], {"bob": GB}, final=False)
    books.add(*read_versions(TARIFFS, "tariffs")[:1])
    books.rated()
    provisional = "SELECT provisional FROM rated"
    assert books.rows(provisional) == [(True,)]

    books.publish(HOURS[0], {"bob": GB})
    assert books.rows(provisional) == [(False,)]

    books.publish(HOURS[0], {"bob": GB}, revision=2)
    assert books.rows(provisional) == [(True,)]
    books.rated()
    assert books.rows(provisional) == [(False,)]
