"""The pages and the API of invoices: list, filters, documents in every form, drafts; the forms agree."""

from __future__ import annotations

import csv
import io
import json
import re
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import psycopg2
import pytest
from django.test import Client

from metering.clock import SystemClock
from tests.integration.people import client_of, counted_queries
from tests.lib.issuing import issue
from tests.lib.pdf_text import pdf_pages
from tests.lib.sample_invoices import Rated, correct, rate

pytestmark = pytest.mark.stack

NOW = SystemClock().now()
THIS = NOW.date().replace(day=1)
NEXT = (THIS + timedelta(days=32)).replace(day=1)
LAST = (THIS - timedelta(days=1)).replace(day=1)
BEFORE = (LAST - timedelta(days=1)).replace(day=1)
NAME = "Zoë Łukasz 李 <b>&"


def line(customer: str, start: date, end: date, *amounts: str, tariff: str = "basic", **more: Any) -> Rated:
    hours = {number: (Decimal(number + 1), Decimal(amount)) for number, amount in enumerate(amounts)}
    return Rated(tariff, "user_bytes", customer, start, end, hours, **more)


@pytest.fixture(scope="module")
def client(site: None, database_url: str) -> Client:
    """A viewer, and documents of two customers: an invoice with a note, one without, a draft, one in grace."""
    invoiced = line(
        "u-1", BEFORE, LAST, "0.100000000001", "2", fixed=Decimal("9.90"), rounding=Decimal("-0.000000000001"))
    with psycopg2.connect(database_url) as connection, connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO user_metadata (id, name, email, quota) VALUES ('u-1', %s, 'zoe@example.org', 1)", (NAME,))
        rate(cursor, invoiced, line("u-1", BEFORE, LAST, "1", tariff="addon"), line("u-2", BEFORE, LAST, "-3.5"),
             line("u-2", BEFORE, LAST, "4", tariff="dollars", currency="USD"))
    issue(database_url, datetime(LAST.year, LAST.month, 5, tzinfo=UTC))
    with psycopg2.connect(database_url) as connection, connection.cursor() as cursor:
        changed = {**invoiced.hours, 1: (Decimal(3), Decimal("2.5"))}
        correct(cursor, Rated(**{**vars(invoiced), "hours": changed}), 1)
    assert issue(database_url, datetime(LAST.year, LAST.month, 5, tzinfo=UTC)) == ["COR-000001"]
    with psycopg2.connect(database_url) as connection, connection.cursor() as cursor:
        rate(cursor, line("u-1", LAST, THIS, "1.5"), line("u-1", THIS, NEXT, "0.25", "0.5"),
             line("big", THIS, NEXT, *["0.000123456789"] * 250))
    connection.close()
    return client_of("viewer")


def get(client: Client, address: str, status: int = 200) -> str:
    response = client.get(address)
    assert response.status_code == status, (address, response.content)
    return response.getvalue().decode()


def table(client: Client, address: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(get(client, address))))


def asked(client: Client, address: str, status: int = 200) -> Any:
    return json.loads(get(client, address, status), parse_float=Decimal)


def test_the_list_has_every_document_with_its_state_and_mark(client: Client) -> None:
    rows = table(client, "/invoices?sort=number&format=csv")

    columns = ("number", "state", "customer", "period", "total", "finality")
    assert [tuple(row[column] for column in columns) for row in rows] == [
        ("", "grace", "u-1", f"{LAST:%Y-%m}", "1.5", "provisional"),
        ("", "draft", "big", f"{THIS:%Y-%m}", str(250 * Decimal("0.000123456789")), "provisional"),
        ("", "draft", "u-1", f"{THIS:%Y-%m}", "0.75", "provisional"),
        ("COR-000001", "correction", "u-1", f"{BEFORE:%Y-%m}", "0.500000000000", "final"),
        ("INV-000001", "final", "u-1", f"{BEFORE:%Y-%m}", "13.000000000000", "corrected"),
        ("INV-000002", "final", "u-2", f"{BEFORE:%Y-%m}", "-3.5", "final"),
        ("INV-000003", "final", "u-2", f"{BEFORE:%Y-%m}", "4", "final")]
    shown = get(client, "/invoices")
    assert all(f"/invoices/{row['number']}" in shown for row in rows if row["number"])
    assert f"/invoices/draft?customer=big&amp;period={THIS:%Y-%m}&amp;currency=EUR" in shown


@pytest.mark.parametrize(("filters", "numbers"), [
    ("customer=u-2", ["INV-000002", "INV-000003"]), ("customer=u-2&currency=USD", ["INV-000003"]),
    (f"period={BEFORE:%Y-%m}&state=correction", ["COR-000001"]), ("state=draft&state=grace", ["", "", ""]),
    ("customer=nobody", []), (f"period={BEFORE:%Y-%m-%d}", []), ("state=final&sort=total", [
        "INV-000002", "INV-000003", "INV-000001"])])
def test_the_list_is_filtered_and_sorted_by_its_address(client: Client, filters: str, numbers: list[str]) -> None:
    assert [row["number"] for row in table(client, f"/invoices?{filters}&format=csv")] == numbers
    answer = asked(client, f"/api/v1/invoices?{filters}")
    assert [row["number"] or "" for row in answer["rows"]] == numbers
    assert answer["count"] == len(numbers)
    for number in filter(None, numbers):
        assert number in get(client, f"/invoices?{filters}")


@pytest.mark.parametrize(("address", "field"), [
    ("?period=2026-13", "period"), ("?period=now", "period"), ("?state=paid", "state"), ("?customer=%3D1", "customer"),
    ("?sort=name", "sort"), ("?page=0", "page"), ("?format=pdf", "format"), ("?currency=EUR&currency=USD", "currency"),
    ("?period=9999-12-31", "period"), ("/draft?customer=u-1&currency=EUR", "period"),
    ("/draft?period=2026-10", "customer"), ("/INV-000001?line=7", "line"), ("/INV-000001?format=xls", "format")])
def test_an_address_that_cannot_be_read_names_the_field(client: Client, address: str, field: str) -> None:
    assert f"<b>{field}</b>" in get(client, f"/invoices{address}", 400)
    if "line" not in address:
        assert asked(client, f"/api/v1/invoices{address}", 400)["field"] == field


@pytest.mark.parametrize("number", ["INV-000001", "COR-000001", "INV-000002"])
def test_page_csv_pdf_and_api_have_one_total_which_is_the_sum_of_the_lines(client: Client, number: str) -> None:
    answer = asked(client, f"/api/v1/invoices/{number}?hours=true")
    total = Decimal(answer["total"])
    parts = table(client, f"/invoices/{number}?format=csv")
    page = get(client, f"/invoices/{number}")
    [*pieces] = [piece for found in pdf_pages(client.get(f"/invoices/{number}?format=pdf").content) for piece in found]

    lines = [Decimal(line["amount"]) for line in answer["lines"]]
    assert sum(lines) == total
    for one in answer["lines"]:
        hours = sum(Decimal(hour["amount"]) for hour in one["hours"])
        assert Decimal(one["fixed"]) + hours + Decimal(one["rounding"]) == Decimal(one["amount"])
    assert [part["part"] for part in parts][-1] == "total" and Decimal(parts[-1]["amount"]) == total
    assert sum(Decimal(part["amount"]) for part in parts[:-1]) == total
    shown = re.findall(r'class="number cost"(?: id="foot")?><data value="([^"]+)"', page.split('id="hours"')[0])
    assert [Decimal(amount) for amount in shown] == [*lines, total]
    foot = pieces[pieces.index("Total") + 1]
    assert Decimal(foot.removesuffix(" EUR").replace(",", "")) == total


def test_the_api_gives_the_same_csv_and_pdf(client: Client) -> None:
    for form in ("csv", "pdf"):
        ours, theirs = (client.get(f"{base}/invoices/COR-000001?format={form}").getvalue() for base in ("", "/api/v1"))
        assert ours == theirs


def test_a_pdf_is_the_same_bytes_each_time_and_survives_any_name(client: Client) -> None:
    first, second = (client.get("/invoices/INV-000001?format=pdf") for _ in range(2))

    assert first["Content-Type"] == "application/pdf" and first.content == second.content
    assert 'filename="INV-000001.pdf"' in first["Content-Disposition"]
    text = "".join(pdf_pages(first.content)[0])
    assert "Zoë Łukasz ? <b>&" in text and "INV-000001" in text


def test_a_long_document_has_all_its_hours_in_the_pdf(client: Client) -> None:
    response = client.get(f"/invoices/draft?customer=big&period={THIS:%Y-%m}&currency=EUR&format=pdf")

    pages = pdf_pages(response.content)
    assert len(pages) > 3
    assert [piece for page in pages for piece in page].count("0.000123456789") == 250
    assert any("not an invoice" in piece for piece in pages[0])


def test_a_note_says_what_it_corrects_and_why(client: Client) -> None:
    page = get(client, "/invoices/COR-000001")
    answer = asked(client, "/api/v1/invoices/COR-000001?hours=true")

    why = (f"devices {BEFORE:%Y-%m-%d}T01: events arrived after the hour was final (generation 7), revision 2, "
           "batch run 42")
    assert why in page and answer["why"] == why
    assert answer["corrects"] == "INV-000001" and "/invoices/INV-000001" in page
    [changed] = answer["lines"]
    assert [Decimal(changed[name]) for name in ("old", "new", "amount")] == [12, Decimal("12.5"), Decimal("0.5")]
    assert [(hour["hour"], Decimal(hour["old"]), Decimal(hour["new"])) for hour in changed["hours"]] == [
        (f"{BEFORE:%Y-%m-%d}T01:00:00Z", 2, Decimal("2.5"))]
    invoice = get(client, "/invoices/INV-000001")
    assert "/invoices/COR-000001" in invoice and '<data value="13.500000000000">' in invoice


def test_a_line_folds_out_to_hours_that_lead_to_their_passports(client: Client) -> None:
    assert 'id="hours"' not in get(client, "/invoices/INV-000001")

    page = get(client, "/invoices/INV-000001?line=2&tz=Europe/Madrid")

    assert f'href="/proof/{BEFORE:%Y-%m-%d}T01?tz=Europe%2FMadrid"' in page
    assert page.count('<a href="/proof/') == 2


def test_hours_come_in_pages(client: Client) -> None:
    address = f"/invoices/draft?customer=big&period={THIS:%Y-%m}&currency=EUR"

    assert "Rows 1–100 of 250" in get(client, address)
    assert "Rows 201–250 of 250" in get(client, f"{address}&page=3")
    assert "behind its end" in get(client, f"{address}&page=4")


def test_a_draft_that_was_invoiced_leads_to_its_invoice(client: Client) -> None:
    query = f"customer=u-1&period={BEFORE:%Y-%m}&currency=EUR"

    response = client.get(f"/invoices/draft?{query}")

    assert (response.status_code, response["Location"]) == (302, "/invoices/INV-000001")
    assert "INV-000001" in asked(client, f"/api/v1/invoices/draft?{query}", 404)["want"]


@pytest.mark.parametrize("path", ["INV-000009", "INV-000001x", "%00", "draft?customer=u-9&period=2026-10&currency=EUR"])
def test_what_nobody_issued_is_not_found(client: Client, path: str) -> None:
    get(client, f"/invoices/{path}", 404)
    assert asked(client, f"/api/v1/invoices/{path}", 404)["want"]


def test_the_list_takes_as_many_queries_however_long_it_is(client: Client) -> None:
    with counted_queries() as statements:
        get(client, "/invoices")
    with counted_queries() as fewer:
        get(client, "/invoices?customer=u-2&state=final")
    assert len(statements) == len(fewer) <= 8


def test_the_api_pages_and_gives_csv_of_all(client: Client) -> None:
    first = asked(client, "/api/v1/invoices?sort=number&limit=3")

    assert (first["count"], len(first["rows"])) == (7, 3)
    assert [row["number"] for row in asked(client, first["next"])["rows"]] == ["COR-000001", "INV-000001", "INV-000002"]
    assert len(table(client, "/api/v1/invoices?format=csv&limit=3")) == 7


def test_the_document_of_the_api_names_the_three_paths(client: Client) -> None:
    paths = asked(client, "/api/v1/openapi.json")["paths"]

    assert {"/api/v1/invoices", "/api/v1/invoices/draft", "/api/v1/invoices/{number}"} <= set(paths)
