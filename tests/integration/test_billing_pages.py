"""The pages and the API of billing: what they say against the windows and panes, what they ask, what they refuse."""

from __future__ import annotations

import csv
import io
import json
import re
from collections import Counter
from contextlib import closing
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import psycopg2
import pytest
from django.test import Client

from tests.integration.people import client_of, counted_queries
from tests.lib.sample_billing import CORRECTED_AGO, HOUR, HOURS, Window, fill_billing, panes_of

pytestmark = pytest.mark.stack

NOW = datetime.now(UTC)
CURRENT = NOW.replace(minute=0, second=0, microsecond=0)
RANGE = f"from={CURRENT - (HOURS - 1) * HOUR:%Y-%m-%dT%H:%MZ}&to={CURRENT + HOUR:%Y-%m-%dT%H:%MZ}"
PAGES = ("/billing", "/billing/acme")
SHOWS = ("companies", "windows", "panes", "pending", "too-late")
AROUND = 5
"""The session, its account, BEGIN, what opens the snapshot, COMMIT."""


@pytest.fixture(scope="module", autouse=True)
def made(site: None, database_url: str) -> list[Window]:
    with closing(psycopg2.connect(database_url)) as connection:
        return fill_billing(connection, NOW)


@pytest.fixture(scope="module")
def viewer(made: list[Window]) -> Client:
    return client_of("viewer")


def text_of(client: Client, address: str, status: int = 200) -> str:
    response = client.get(address)
    assert response.status_code == status, response.content[:2000]
    return response.content.decode()


def table_of(client: Client, address: str) -> list[dict[str, str]]:
    response = client.get(address)
    assert response.status_code == 200, response.content[:2000]
    lines = b"".join(response.streaming_content).decode()  # type: ignore[arg-type]
    return list(csv.DictReader(io.StringIO(lines)))


def answer_of(client: Client, address: str, status: int = 200) -> Any:
    return json.loads(text_of(client, f"/api/v1/{address}", status))


def sums_of(made: list[Window]) -> dict[tuple[str, str], tuple[Decimal, int]]:
    keys = {(window.company, window.currency) for window in made}
    return {key: (
        sum((window.cost for window in made if (window.company, window.currency) == key), Decimal(0)),
        sum(window.events for window in made if (window.company, window.currency) == key)) for key in keys}


@pytest.mark.parametrize("granularity", ["1min", "hour", "day"])
def test_companies_cost_what_their_windows_add_up_to(viewer: Client, made: list[Window], granularity: str) -> None:
    rows = table_of(viewer, f"/billing?{RANGE}&granularity={granularity}&format=csv")

    found = {(row["company"], row["currency"]): (Decimal(row["cost"]), int(row["events"])) for row in rows}
    assert found == sums_of(made)
    assert {row["finality"] for row in rows} == {"provisional"}


def test_the_page_tells_each_currency_apart_and_the_csv_adds_up_to_it(viewer: Client, made: list[Window]) -> None:
    page = text_of(viewer, f"/billing?{RANGE}")

    for currency in ("EUR", "USD"):
        total = sum((cost for (_, of), (cost, _) in sums_of(made).items() if of == currency), Decimal(0))
        tile = page[page.index(f'id="cost-{currency}"'):]
        assert f'<data value="{total}"' in tile[:200]
        assert f'<data value="{total}">' in page[page.index("<tfoot>"):]


def test_a_window_is_final_provisional_or_corrected_and_leads_to_its_hours_passport(
    viewer: Client, made: list[Window]
) -> None:
    rows = table_of(viewer, f"/billing?{RANGE}&show=windows&company=blue&format=csv")
    page = text_of(viewer, f"/billing?{RANGE}&show=windows&company=blue")

    for row in rows:
        ago = (CURRENT - datetime.fromisoformat(row["window_start"]).replace(minute=0, second=0)) // HOUR
        expected = "provisional" if ago < 2 else "corrected" if ago == CORRECTED_AGO else "final"
        assert row["finality"] == expected, row
    assert len(rows) == sum(window.company == "blue" for window in made)
    assert f'href="/proof/{CURRENT - 2 * HOUR:%Y-%m-%dT%H}?stream=billing"' in page


def test_panes_are_told_apart_in_the_chart_the_tiles_and_the_table(viewer: Client, made: list[Window]) -> None:
    expected = Counter(timing for window in made for timing, _, _ in panes_of(window))
    page = text_of(viewer, f"/billing?{RANGE}&show=panes")
    rows = table_of(viewer, f"/billing?{RANGE}&show=panes&format=csv")

    assert Counter(row["timing"] for row in rows) == expected
    chart = json.loads(re.search(r'id="chart-data" type="application/json">(.*?)</script>', page, re.S)[1])  # type: ignore[index]
    assert {"early", "on time", "late"} <= set(re.findall(r"early|on time|late", json.dumps(chart)))
    assert re.search(rf'{expected["early"]}</data> early, <data[^>]*>{expected["on_time"]}</data> on time', page)
    for swatch, word in (("series-1", "on time"), ("series-2", "early"), ("series-3", "late")):
        assert f'<i class="{swatch}"></i><span>{word}</span>' in page
    for key, total in sums_of([window for window in made if not window.is_open]).items():
        mine = [row for row in rows if (row["company"], row["currency"]) == key]
        assert sum(Decimal(row["value"]) for row in mine) == total[0]


def test_the_latest_pane_comes_first(viewer: Client) -> None:
    fired = [row["fired_at"] for row in table_of(viewer, f"/billing?{RANGE}&show=panes&format=csv")]

    assert fired == sorted(fired, reverse=True)


def test_panes_pending_and_the_windows_add_up(viewer: Client, made: list[Window]) -> None:
    waits = table_of(viewer, f"/billing?{RANGE}&show=pending&format=csv")
    fired = table_of(viewer, f"/billing?{RANGE}&show=panes&format=csv")

    assert sum(Decimal(row["value"]) for row in (*waits, *fired)) == sum(window.cost for window in made)
    assert 'id="open-windows"><data value="8"' in text_of(viewer, f"/billing?{RANGE}")


def test_what_came_too_late_is_listed_and_what_became_of_it(viewer: Client) -> None:
    page = text_of(viewer, f"/billing?{RANGE}&show=too-late")
    rows = table_of(viewer, f"/billing?{RANGE}&show=too-late&format=csv")

    assert {row["event_id"]: row["repeat"] for row in rows} == {"e-0": "true", "e-1": "false", "e-2": ""}
    assert "1 counted, 1 repeated, 1 not judged yet" in page
    assert ">repeat</span>" in page and ">counted</span>" in page and ">not judged</span>" in page
    assert "billing/1/51" in page


def test_a_companys_page_shows_it_alone_in_the_currency_chosen(viewer: Client, made: list[Window]) -> None:
    rows = table_of(viewer, f"/billing/acme?{RANGE}&currency=USD&format=csv")
    page = text_of(viewer, f"/billing/acme?{RANGE}&currency=USD")

    mine = [window for window in made if (window.company, window.currency) == ("acme", "USD")]
    assert sorted(datetime.fromisoformat(row["window_start"]) for row in rows) == sorted(one.start for one in mine)
    assert 'id="cost-USD"' in page and 'id="cost-EUR"' not in page
    assert "show=companies" not in page
    assert "/api/v1/billing/windows?from=" in page and "company=acme&amp;currency=USD" in page


def test_a_company_is_linked_with_its_currency_and_range(viewer: Client) -> None:
    page = text_of(viewer, f"/billing?{RANGE}")

    link = re.search(r'href="(/billing/cyan:x\?currency=EUR[^"]+)"', page)
    assert link and "from=" in link[1]
    assert "cyan:x" in text_of(viewer, link[1].replace("&amp;", "&"))


def test_nothing_in_a_range_offers_the_last_data(viewer: Client) -> None:
    for address in PAGES:
        page = text_of(viewer, f"{address}?from=2020-01-01&to=2020-01-02")
        link = re.search(r'href="([^"]+)">Go to the last data', page)
        assert link, address
        assert "Go to the last data" not in text_of(viewer, address + link[1].replace("&amp;", "&"))


def test_an_unknown_company_is_not_found(viewer: Client) -> None:
    for name in ("nobody", "a%00b", "%3Cscript%3E", "x" * 65):
        assert "Not found" in text_of(viewer, f"/billing/{name}", status=404)


FAULTS = [
    *((address, query, query.split("=")[0]) for address in PAGES for query in (
        "tz=Mars/X", "page=0", "format=xml", "granularity=week", "sort=price", "show=all", "currency=%3D1",
        "currency=EUR&currency=USD", "from=2026-11-02&to=2026-10-31")),
    ("/billing", "company=..%2F", "company"), ("/billing/acme", "show=companies", "show")]


@pytest.mark.parametrize(("address", "query", "field"), FAULTS)
def test_what_cannot_be_read_is_named(viewer: Client, address: str, query: str, field: str) -> None:
    page = text_of(viewer, f"{address}?{query}", status=400)

    assert f"<b>{field}</b>: found" in page and "want" in page


@pytest.mark.parametrize(("address", "questions"), [("/billing", 5), ("/billing/acme", 6)])
@pytest.mark.parametrize("show", SHOWS[1:])
def test_a_page_asks_few_questions_however_many_rows_it_shows(
    viewer: Client, address: str, questions: int, show: str
) -> None:
    text_of(viewer, address)  # the first request also asks what a process asks once

    with counted_queries() as statements:
        text_of(viewer, f"{address}?{RANGE}&show={show}")

    assert len(statements) == questions + AROUND, "\n".join(statements)


@pytest.mark.parametrize("address", [*PAGES, *(f"/billing?{RANGE}&show={show}" for show in SHOWS)])
def test_nothing_in_a_page_needs_more_than_the_strict_policy(viewer: Client, address: str) -> None:
    page = text_of(viewer, address)

    assert not re.search(r"<style|\sstyle=|\son[a-z]+=|javascript:", page)
    for script in re.findall(r"<script[^>]*>", page):
        assert 'src="/' in script or 'type="application/json"' in script


@pytest.mark.parametrize(("show", "rows"), [
    ("", 4), ("/windows", 96), ("/panes", 242), ("/pending", 8), ("/too-late", 3)])
def test_the_api_gives_the_tables_page_by_page_and_as_csv(viewer: Client, show: str, rows: int) -> None:
    answer = answer_of(viewer, f"billing{show}?{RANGE}&limit=3&tz=Asia/Kolkata")

    assert (answer["count"], len(answer["rows"]), answer["tz"]) == (rows, min(3, rows), "Asia/Kolkata")
    following = json.loads(text_of(viewer, answer["next"])) if answer["next"] else {"rows": []}
    assert answer["rows"][0] not in following["rows"]
    assert len(table_of(viewer, f"/api/v1/billing{show}?{RANGE}&format=csv")) == rows


def test_the_api_keeps_every_digit_and_tells_both_marks(viewer: Client, made: list[Window]) -> None:
    answer = answer_of(viewer, f"billing?{RANGE}&company=acme")
    pane = answer_of(viewer, f"billing/panes?{RANGE}&company=acme&currency=EUR&sort=time&limit=1")["rows"][0]
    late = answer_of(viewer, f"billing/too-late?{RANGE}&sort=time")["rows"]

    sums = sums_of(made)
    assert {(row["company"], row["currency"]): Decimal(row["cost"]) for row in answer["rows"]} == {
        key: sums[key][0] for key in (("acme", "EUR"), ("acme", "USD"))}
    assert {total["currency"]: Decimal(total["cost"]) for total in answer["totals"]} == {
        "EUR": sums["acme", "EUR"][0], "USD": sums["acme", "USD"][0]}
    assert (pane["timing"], pane["pane"], Decimal(pane["value"]), pane["provisional"]) == ("early", 0, 1, False)
    assert [row["repeat"] for row in late] == [True, False, None]


@pytest.mark.parametrize(("query", "field"), [
    ("currency=%3D1", "currency"), ("sort=price", "sort"), ("limit=0", "limit"), ("from=x", "from")])
def test_the_api_names_what_it_cannot_read(viewer: Client, query: str, field: str) -> None:
    assert answer_of(viewer, f"billing/panes?{query}", status=400)["field"] == field


def test_a_partial_range_counts_the_windows_that_start_in_it(viewer: Client, made: list[Window]) -> None:
    start, end = CURRENT - 2 * HOUR + timedelta(minutes=1), CURRENT - HOUR + timedelta(minutes=2)
    query = f"from={start:%Y-%m-%dT%H:%MZ}&to={end:%Y-%m-%dT%H:%MZ}"

    rows = table_of(viewer, f"/billing?{query}&granularity=hour&format=csv")

    mine = [window for window in made if start <= window.start < end]
    assert {(row["company"], row["currency"]): Decimal(row["cost"]) for row in rows} == {
        key: cost for key, (cost, _) in sums_of(mine).items()}
