"""What-if on a real database: equal to a plain calculation, by page and API, and nothing is written."""

from __future__ import annotations

import csv
import io
import json
from contextlib import closing
from decimal import Decimal
from typing import Any
from urllib.parse import urlencode

import psycopg2
import pytest
from django.test import Client
from psycopg2.extensions import connection as Connection

from metering.domain.billing.tariffs import version_of
from metering.domain.billing.written import written
from tests.integration.people import client_of, counted_queries
from tests.lib.sample_tariffed import PER_GB, TIERED, fill_tariffed
from tests.lib.sample_tariffs import spec

pytestmark = pytest.mark.stack

RANGE = {"from": "2026-05-01", "to": "2026-05-31"}
OLD = {"u-ann": Decimal("1.20"), "u-bob": Decimal("0.10"), "u-cyd": Decimal("16.00")}
NEW = {"u-ann": Decimal("2.10"), "u-bob": Decimal("0.20"), "u-cyd": Decimal("9.50")}


@pytest.fixture(scope="module")
def filled(site: None, database_url: str) -> None:
    with closing(psycopg2.connect(database_url)) as connection:
        fill_tariffed(connection)


@pytest.fixture
def viewer(filled: None) -> Client:
    return client_of("viewer")


def asked(version: dict[str, Any], **more: str) -> str:
    return "?" + urlencode({"candidate": written(version_of(version)), **RANGE, **more})


def answer(client: Client, path: str) -> dict[str, Any]:
    response = client.get(path)
    assert response.status_code == 200, response.content
    found: dict[str, Any] = json.loads(response.content)
    return found


def test_each_customer_is_priced_by_both(viewer: Client) -> None:
    found = answer(viewer, f"/api/v1/what-if/tariff{asked(TIERED)}")

    assert {row["customer"]: (Decimal(row["old"]), Decimal(row["new"])) for row in found["rows"]} == {
        user: (OLD[user], NEW[user]) for user in OLD}
    assert [row["customer"] for row in found["rows"]] == ["u-cyd", "u-ann", "u-bob"]
    assert (Decimal(found["old"]), Decimal(found["new"]), Decimal(found["difference"])) == (
        Decimal("17.30"), Decimal("11.80"), Decimal("-5.50"))
    assert (found["winners"], found["losers"], found["unchanged"]) == (1, 2, 0)
    assert (found["replaced"], found["published_hours"], found["provisional_hours"]) == (["mobile"], 4, 1)


def test_the_same_tariff_changes_nothing(viewer: Client) -> None:
    found = answer(viewer, f"/api/v1/what-if/tariff{asked(PER_GB)}")

    assert (found["unchanged"], found["difference"]) == (3, "0.00")


@pytest.mark.parametrize(
    ("changes", "new"),
    [
        ({"customers": ["u-bob"]}, {"u-ann": "0", "u-bob": "0.20", "u-cyd": "0"}),
        ({"period": "day"}, {"u-ann": "2.40", "u-bob": "0.20", "u-cyd": "12.50"}),
        ({"rounding": {"decimals": 0, "mode": "up", "at": "hour"}}, {"u-ann": "3", "u-bob": "1", "u-cyd": "10"}),
        ({"name": "another"}, {"u-ann": "2.10", "u-bob": "0.20", "u-cyd": "9.50"}),
    ])
def test_customers_periods_and_rounding_at_the_hour(
    viewer: Client, changes: dict[str, Any], new: dict[str, str]
) -> None:
    found = answer(viewer, f"/api/v1/what-if/tariff{asked(TIERED | changes)}")

    assert {row["customer"]: Decimal(row["new"]) for row in found["rows"]} == {
        user: Decimal(text) for user, text in new.items()}
    assert {row["customer"]: Decimal(row["old"]) for row in found["rows"]} == OLD


def test_company_costs_count_in_the_tariffs_currency_only(viewer: Client) -> None:
    candidate = spec("handling", subject="company_costs", price={"model": "per_unit", "price": "0.1"})

    found = answer(viewer, f"/api/v1/what-if/tariff{asked(candidate)}")

    # 5 hold 20, 0.10 for each further one: 5 + 100.5 × 0.10
    assert [(row["customer"], Decimal(row["old"]), Decimal(row["new"])) for row in found["rows"]] == [
        ("acme", Decimal("15.05"), Decimal("12.05"))]


def test_a_range_is_cut_to_full_hours(viewer: Client) -> None:
    some = {"from": "2026-05-01T00:30", "to": "2026-05-01T02:30"}
    found = answer(viewer, f"/api/v1/what-if/tariff{asked(PER_GB, **some)}")

    assert (found["start"], found["end"]) == ("2026-05-01T01:00:00Z", "2026-05-01T02:00:00Z")
    assert {row["customer"]: Decimal(row["old"]) for row in found["rows"]} == {
        "u-ann": Decimal("0.50"), "u-cyd": Decimal("4.00")}


def test_every_fault_of_a_candidate_is_named(viewer: Client) -> None:
    text = written(version_of(TIERED)).replace('"EUR"', '"euro"').replace('"month"', '"week"')

    response = viewer.get("/api/v1/what-if/tariff", {"candidate": text, **RANGE})
    shown = viewer.get("/what-if", {"candidate": text, **RANGE})

    assert response.status_code == shown.status_code == 400
    assert len(json.loads(response.content)["faults"]) == 2
    assert all(word in shown.content.decode() for word in ("currency is", "period is", "user_bytes"))


@pytest.mark.parametrize(
    ("candidate", "said"),
    [(written(version_of(PER_GB)) * 2, "stands 2 times"), ("", "no version"), ("x" * 1801, "at most 1800"),
     (written(version_of(PER_GB | {"currency": "USD"})), "EUR, in which mobile is priced")])
def test_what_cannot_be_compared_is_refused(viewer: Client, candidate: str, said: str) -> None:
    response = viewer.get("/api/v1/what-if/tariff", {"candidate": candidate, **RANGE})

    assert response.status_code == 400
    assert said in response.content.decode()


def test_the_page_shows_it_and_its_csv_is_the_same(viewer: Client) -> None:
    with counted_queries() as statements:
        shown = viewer.get(f"/what-if{asked(TIERED)}").content.decode()
    lines = list(csv.reader(io.StringIO(
        b"".join(viewer.get(f"/what-if{asked(TIERED, format='csv')}")).decode())))  # type: ignore[arg-type]

    assert all(text in shown for text in ("17.30", "11.80", "-5.50", "up to 10: 0.2 EUR a unit", "Would pay less"))
    assert lines[0] == ["customer", "currency", "old", "new", "difference"]
    assert lines[1] == ["u-cyd", "EUR", "16.00", "9.50", "-6.50"]
    assert len(statements) < 20


def test_before_anything_is_asked_the_form_begins_with_what_is_in_force(viewer: Client) -> None:
    shown = viewer.get("/what-if").content.decode()

    assert "handling" in shown and "Revenue" not in shown


def test_who_would_have_crossed_another_limit(viewer: Client) -> None:
    found = answer(viewer, f"/api/v1/what-if/quota?{urlencode({'hourly': '500000000', **RANGE})}")

    assert {row["id"]: (row["hours_now"], row["hours_then"]) for row in found["users"]} == {
        "u-ann": (0, 3), "u-bob": (0, 1), "u-cyd": (0, 4)}
    assert (found["users_now"], found["users_then"], found["hours_now"], found["hours_then"]) == (0, 3, 0, 8)


def test_percent_of_the_quota_each_hour_was_judged_by(viewer: Client) -> None:
    found = answer(viewer, f"/api/v1/what-if/quota?{urlencode({'hourly': '70%', 'show': 'hours', **RANGE})}")

    # The quota of ann's second hour was 6 GB, that of the others is 4 GB: 70 % are 4.2 and 2.8 GB.
    assert [(row["id"], row["hour"], row["is_above"], row["would_be_above"]) for row in found["hours"]] == [
        ("u-ann", "2026-05-30T04:00:00Z", False, True), ("u-ann", "2026-05-01T01:00:00Z", False, True),
        ("u-ann", "2026-05-01T00:00:00Z", False, True)]


def test_the_pages_of_quotas_by_user_and_by_hour_and_their_csv(viewer: Client) -> None:
    base = urlencode({"hourly": "70%", **RANGE})
    users, hours = (viewer.get(f"/what-if/quota?{base}&show={show}").content.decode() for show in ("users", "hours"))
    lines = b"".join(viewer.get(f"/what-if/quota?{base}&show=hours&format=csv")).decode().splitlines()  # type: ignore[arg-type]

    assert "Name of u-ann" in users and "Above then" in hours
    assert lines[0] == "id,hour,usage,quota,limit_then,is_above,would_be_above" and len(lines) == 4
    assert viewer.get("/what-if/quota?hourly=lots").status_code == 400


def test_nothing_is_written(viewer: Client, connection: Connection) -> None:
    def books() -> list[Any]:
        with connection.cursor() as cursor:
            cursor.execute("SELECT count(*), max(xmin::text) FROM tariff")
            found = cursor.fetchall()
            cursor.execute("SELECT count(*) FROM rated_line")
            return found + cursor.fetchall()

    before = books()
    viewer.get(f"/what-if{asked(TIERED)}")
    viewer.get("/what-if/quota?hourly=1")

    assert books() == before
