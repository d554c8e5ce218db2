"""The alerts page and its API: states, filters, CSV, the delivery log, rules and budgets, and who may change them."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg2
import pytest
from django.test import Client
from psycopg2.extensions import cursor as Cursor

from tests.integration.conftest import serving
from tests.integration.people import client_of, counted_queries

pytestmark = pytest.mark.stack

HOUR = datetime.now(UTC).replace(minute=0, second=0, microsecond=0)
MONTH = HOUR.replace(day=1, hour=0)


@pytest.fixture(scope="module", autouse=True)
def _rows(site: None, database_url: str) -> Iterator[None]:
    with closing(psycopg2.connect(database_url)) as connection:
        with connection, connection.cursor() as cursor:
            _fill(cursor)
        yield


def _fill(cursor: Cursor) -> None:
    cursor.execute("INSERT INTO user_metadata VALUES ('u1', 'Una <One>', 'una@example.org', 1001)")
    cursor.execute("INSERT INTO alert_rule (kind, percent, subject, created_by) VALUES "
                   "('quota', 80, NULL, 'ana'), ('budget', 100, 'acme', 'ana')")
    for id, state, raised, delay in (
            ("u1", "confirmed", HOUR, "2.504"), ("u2", "withdrawn", HOUR, None), ("u3", "missed", None, None)):
        cursor.execute(
            "INSERT INTO alert (rule, id, period_start, period_end, state, value, threshold, raised_at, judged_at) "
            "VALUES (1, %s, %s, %s, 'raised', 900, 800.80, %s, %s)",
            (id, HOUR, HOUR + timedelta(hours=1), raised, None if raised else HOUR))
        cursor.execute("UPDATE alert SET state = %s, judged_at = %s, delay_s = %s WHERE id = %s",
                       (state, HOUR + timedelta(minutes=1), delay, id))
    cursor.execute(
        "INSERT INTO alert (rule, id, currency, period_start, period_end, state, value, threshold, raised_at) "
        "VALUES (2, 'acme', 'EUR', %s, %s, 'raised', 250.125000, 250, %s)",
        (MONTH, (MONTH + timedelta(days=31)).replace(day=1), HOUR))
    cursor.execute("INSERT INTO webhook_delivery (outbox, at, status, error, took_s) "
                   "SELECT id, %s, 500, 'answered 500', 0.012 FROM outbox WHERE payload->>'id' = 'u1'", (HOUR,))
    cursor.execute("UPDATE outbox SET attempts = 1 WHERE payload->>'id' = 'u1'")
    cursor.execute("UPDATE outbox SET delivered_at = now() WHERE payload->>'id' = 'u2'")
    cursor.execute("INSERT INTO budget (customer, currency, amount) VALUES ('acme', 'EUR', 250)")


@pytest.fixture(scope="module")
def viewer(_rows: None) -> Client:
    return client_of("viewer")


@pytest.fixture
def operator(_rows: None) -> Client:
    return client_of("operator")


def text_of(client: Client, address: str, status: int = 200) -> str:
    answer = client.get(address)
    assert answer.status_code == status, answer.content
    return answer.content.decode()


def cells(page: str, table: str = "figures") -> list[list[str]]:
    """The texts of a table's rows."""
    body = page.partition(f'<table id="{table}"')[2].partition("<tbody>")[2].partition("</tbody>")[0]
    rows = re.findall(r"<tr>(.*?)</tr>", body, re.S)
    return [[" ".join(re.sub(r"<[^>]+>", " ", cell).split()) for cell in re.findall(r"<t[hd].*?</t[hd]>", row, re.S)]
            for row in rows]


def test_each_alert_is_there_with_state_use_threshold_delay_and_delivery(viewer: Client) -> None:
    rows = {row[2].split()[0]: row for row in cells(text_of(viewer, "/alerts?sort=id"))}

    assert list(rows) == ["acme", "u1", "u2", "u3"]
    assert rows["u1"][1:4] == ["confirmed", "u1 Una &lt;One&gt;", "quota 80 %"]
    assert rows["u1"][5:] == ["900 B", "801 B", "90 %", "2.5 s", "2 wait 2 tries"]
    assert rows["u2"][8:] == ["—", "delivered"]
    assert rows["acme"][3:9] == ["budget 100 %", f"{MONTH:%Y-%m}", "250.125 EUR", "250.00 EUR", "100 %", "—"]


@pytest.mark.parametrize(
    ("query", "expected"),
    [("state=confirmed", {"u1"}), ("state=confirmed&state=missed", {"u1", "u3"}), ("kind=budget", {"acme"}),
     ("id=u2&id=u3", {"u2", "u3"}), ("kind=quota&state=raised", set()),
     ("from=2020-01-01&to=2020-01-02", set())])
def test_filters_choose_and_page_csv_and_api_agree(viewer: Client, query: str, expected: set[str]) -> None:
    page = text_of(viewer, f"/alerts?{query}")
    answer = viewer.get(f"/alerts?{query}&format=csv")
    rows = list(csv.DictReader(io.StringIO(b"".join(answer.streaming_content).decode())))  # type: ignore[arg-type]
    found = json.loads(text_of(viewer, f"/api/v1/alerts?{query}"))

    assert {row[2].split()[0] for row in cells(page)} == expected
    assert {row["id"] for row in rows} == expected
    assert {row["id"] for row in found["rows"]} == expected
    assert found["count"] == len(expected)
    if "u1" in expected:
        assert next((row["value"], row["threshold"]) for row in rows if row["id"] == "u1") == ("900", "800.80")
        assert next(row["delay_s"] for row in found["rows"] if row["id"] == "u1") == "2.504"


def test_the_delivery_log_tells_each_try(viewer: Client) -> None:
    page = text_of(viewer, "/alerts?show=deliveries")

    assert [row[2:5] for row in cells(page)] == [
        ["u1 quota", "confirmed", "answered 500"], ["u1 quota", "raised", "answered 500"]]
    found = json.loads(text_of(viewer, "/api/v1/alerts/deliveries?id=u1"))
    assert [(row["status"], row["error"]) for row in found["rows"]] == [(500, "answered 500")] * 2
    assert cells(text_of(viewer, "/alerts?show=deliveries&alert=999")) == []


def test_rules_and_budgets_are_shown_to_a_viewer_without_forms(viewer: Client) -> None:
    page = text_of(viewer, "/alerts?show=rules")

    assert [row[1:4] for row in cells(page)] == [["budget", "100 %", "acme"], ["quota", "80 %", "everyone"]]
    assert "Add rule" not in page and "Set budget" not in page and "Remove the budget" not in page
    assert [one["subject"] for one in json.loads(text_of(viewer, "/api/v1/alerts/rules"))] == ["acme", None]
    assert json.loads(text_of(viewer, "/api/v1/alerts/budgets"))[0]["amount"] == "250"


def test_an_operator_adds_and_ends_a_rule_and_a_second_such_rule_is_refused(operator: Client) -> None:
    from serving.schema.models import AlertRule

    typed = {"kind": "quota", "percent": "120", "subject": "u9"}
    assert operator.post("/alerts/rules/new", typed)["Location"] == "/alerts?show=rules"
    again = operator.post("/alerts/rules/new", typed)
    assert again.status_code == 400
    assert "not in force already" in again.content.decode()
    rule = AlertRule.objects.get(subject="u9")
    assert (rule.percent, rule.created_by, rule.ended_at) == (120, "operator", None)

    for _ in range(2):
        assert operator.post(f"/alerts/rules/{rule.id}/end").status_code == 302
    ended = AlertRule.objects.get(id=rule.id).ended_at
    assert ended is not None
    assert operator.post("/alerts/rules/new", typed).status_code == 302  # another one, in force anew
    assert operator.post("/alerts/rules/999999/end").status_code == 404
    assert AlertRule.objects.get(id=rule.id).ended_at == ended


@pytest.mark.parametrize(
    ("address", "typed", "fields"),
    [
        ("rules/new", {"kind": "quota", "percent": "0"}, ["percent"]),
        ("rules/new", {"kind": "x", "percent": "8_0", "subject": "a b"}, ["kind", "percent", "subject"]),
        ("rules/new", {"kind": "quota", "percent": "1001"}, ["percent"]),
        ("rules/new", {"kind": "quota", "percent": "99999999"}, ["percent"]),
        ("budgets/set", {"customer": "=x", "currency": "", "amount": "1e3"}, ["customer", "currency", "amount"]),
        ("budgets/set", {"customer": "c", "currency": "EUR", "amount": "0.00"}, ["amount"]),
        ("budgets/set", {"customer": "c", "currency": "EUR", "amount": "-1"}, ["amount"]),
        ("budgets/set", {"customer": "c", "currency": "EUR", "amount": "1.1234567"}, ["amount"]),
    ],
)
def test_a_form_names_every_fault_at_once_and_keeps_what_was_typed(
    operator: Client, address: str, typed: dict[str, str], fields: list[str]
) -> None:
    answer = operator.post(f"/alerts/{address}", typed)

    assert answer.status_code == 400
    page = answer.content.decode()
    assert re.findall(r'<p class="fault" role="alert"><b>(\w+)</b>', page) == fields


def test_a_budget_is_set_changed_and_removed_exactly(operator: Client) -> None:
    from decimal import Decimal

    from serving.schema.models import Budget

    for amount in ("0.1", "123456789012345.123456"):
        typed: dict[str, Any] = {"customer": "c-1", "currency": "USD", "amount": amount}
        assert operator.post("/alerts/budgets/set", typed).status_code == 302
        assert Budget.objects.get(customer="c-1").amount == Decimal(amount)

    gone = {"customer": "c-1", "currency": "USD"}
    assert [operator.post("/alerts/budgets/remove", gone).status_code for _ in range(2)] == [302, 404]


@pytest.mark.parametrize("query", [
    "state=x", "kind=x", "show=x", "sort=x", "id=%3Dx", "alert=0", "alert=x", "alert=99999999999999999999", "page=0",
    "from=x", "format=xml", "tz=Nowhere"])
def test_what_cannot_be_read_is_a_400(viewer: Client, query: str) -> None:
    assert "Nothing is shown until" in text_of(viewer, f"/alerts?{query}", 400)


@pytest.mark.parametrize(("show", "count"), [("alerts", 9), ("deliveries", 9), ("rules", 10)])
def test_the_page_takes_the_same_few_queries_however_much_there_is(viewer: Client, show: str, count: int) -> None:
    with counted_queries() as statements:
        text_of(viewer, f"/alerts?show={show}")

    assert len(statements) == count  # session, account, the snapshot's three, and one a table or tile


def test_rules_and_budgets_are_kept_from_the_command_line_too(database_url: str) -> None:
    first, again = (serving(database_url, "alerts", "rule", "quota", "95", "--of", "u1") for _ in range(2))
    budget = serving(database_url, "alerts", "budget", "cli", "12.5", "--currency", "USD")
    faulty = serving(database_url, "alerts", "budget", "=cli", "-1")
    listed = serving(database_url, "alerts", "list").stdout

    assert [(one.returncode, one.stdout.strip()) for one in (first, again, budget)] == [
        (0, "added"), (0, "in force already"), (0, "cli: 12.5 USD a month")]
    assert faulty.returncode == 2
    assert "customer='=cli'" in faulty.stderr and "amount='-1'" in faulty.stderr
    assert re.search(r"quota +95 +u1", listed) and re.search(r"cli +12.5 +USD", listed)
