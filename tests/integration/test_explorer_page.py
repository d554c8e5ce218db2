"""The page of events and the dashboards as they are answered: links, faults, downloads, roles."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from html import unescape
from pathlib import Path
from typing import Any

import psycopg2
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from tests.integration.people import client_of, counted_queries
from tests.lib.sample_plays import archive_plays, distinct, filtered, has_word, insert_plays, newest_first, plays

pytestmark = pytest.mark.stack

NOW = datetime.now(UTC)
TODAY = NOW.replace(hour=0, minute=0, second=0, microsecond=0)
ROWS = plays(900, 3, TODAY - timedelta(days=2), NOW)
OLD = plays(120, 4, TODAY - timedelta(days=36, hours=4), TODAY - timedelta(days=36), first_offset=5_000)
WEEK = "from=now-7d&to=now"
BOARD: dict[str, Any] = {
    "name": "Night shift", "charts": [
        {"title": "Gold", "kind": "bars", "field": "level", "q": "gold", "from": "now-7d", "to": "now"},
        {"title": "All", "kind": "total", "q": "", "from": "now-2d", "to": "now"},
        {"title": "Over time", "kind": "lines", "field": "send_event", "q": "", "from": "now-2d/d", "to": "now"}]}


@pytest.fixture(scope="module", autouse=True)
def _rows(site: None, database_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    archive = tmp_path_factory.mktemp("archive")
    with closing(psycopg2.connect(database_url)) as connection:
        insert_plays(connection, ROWS)
        archive_plays(connection, archive, OLD)
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("LAMBDAMETER_ARCHIVE", str(archive))
        yield


@pytest.fixture(scope="module")
def viewer(_rows: None) -> Client:
    return client_of("viewer")


@pytest.fixture(scope="module")
def operator(_rows: None) -> Client:
    return client_of("operator")


def text_of(client: Client, address: str, status: int = 200) -> str:
    response = client.get(address)
    assert response.status_code == status, response.content[:2000]
    return response.content.decode()


def total(page: str) -> int:
    found = re.search(r'id="total"><data value="(\d+)"', page)
    assert found
    return int(found[1])


def facet_link(page: str, facet: str, word: str) -> tuple[str, int]:
    """The address and the count of a facet's value."""
    box = page[page.index(f'id="facet-{facet}"'):]
    found = re.search(
        rf'href="(\?[^"]*)"[^>]*aria-label="{re.escape(word)}, (\d+) plays', box[:box.index("</section>")])
    assert found, box[:2000]
    return unescape(found[1]), int(found[2])


def table_of(client: Client, address: str) -> list[dict[str, str]]:
    response = client.get(address)
    assert response.status_code == 200
    lines = b"".join(response.streaming_content).decode()  # type: ignore[arg-type]
    return list(csv.DictReader(io.StringIO(lines)))


def test_a_facet_is_added_joined_by_another_value_and_removed_by_its_links(viewer: Client) -> None:
    page = text_of(viewer, f"/events?{WEEK}")
    add_gold, gold = facet_link(page, "level", "GOLD")
    with_gold = text_of(viewer, f"/events{add_gold}")
    add_free, free = facet_link(with_gold, "level", "FREE")
    both = text_of(viewer, f"/events{add_free}")
    remove_gold, _ = facet_link(both, "level", "GOLD")

    assert total(page) == len(ROWS)
    assert total(with_gold) == gold == len(filtered(ROWS, {"level": ["GOLD"]}))
    assert total(both) == gold + free
    assert total(text_of(viewer, f"/events{remove_gold}")) == free
    assert 'aria-label="Remove the filter Level: GOLD"' in with_gold


def test_words_are_told_as_they_were_read_and_nothing_found_is_said(viewer: Client) -> None:
    page = text_of(viewer, f"/events?{WEEK}&q=GOLD+send_event:1")
    nothing = text_of(viewer, f"/events?{WEEK}&q=nowhere")

    assert "word “gold”" in page and "send_event is “1”" in page
    assert total(page) == sum(has_word(row, "gold") and row["send_event"] == 1 for row in ROWS)
    assert total(nothing) == 0 and "No play is found" in nothing


def test_pages_of_the_table_follow_each_other_by_their_links(viewer: Client) -> None:
    address, seen = f"/events?{WEEK}&column=offset", []
    while address and len(seen) <= len(ROWS):
        page = text_of(viewer, address)
        body = page[page.index('id="figures"'):]
        cells = re.findall(r'<td class="number" title="(\d+)">', body[:body.index("</table>")])
        seen += [int(offset) for offset in cells]
        older = re.search(r'id="older" rel="next" href="([^"]+)"', page)
        address = "/events" + unescape(older[1]) if older else ""

    assert seen == [row["offset"] for row in newest_first(ROWS)]


def test_the_csv_is_what_is_found_safe_to_open_with_times_in_the_zone(viewer: Client) -> None:
    rows = table_of(viewer, f"/events?{WEEK}&tz=Asia/Kolkata&format=csv&column=timestamp&column=name&column=features")
    old = table_of(viewer, "/events?from=1970-01-01&to=now&format=csv&column=offset&level=GOLD")

    assert len(rows) == len(ROWS) and set(rows[0]) == {"timestamp", "name", "features"}
    assert "'=cmd()" in {row["name"] for row in rows} and "=cmd()" not in {row["name"] for row in rows}
    assert all(row["timestamp"].endswith("+05:30") for row in rows)
    wanted = newest_first(filtered([*ROWS, *distinct(OLD)], {"level": ["GOLD"]}))
    assert [int(row["offset"]) for row in old] == [row["offset"] for row in wanted]


def test_what_came_from_the_archive_is_said(viewer: Client, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    page = text_of(viewer, "/events?from=1970-01-01&to=now")

    assert total(page) == len(ROWS) + len(OLD) and "read from the archive" in page
    assert "All of it from PostgreSQL" in text_of(viewer, f"/events?{WEEK}")
    monkeypatch.setenv("LAMBDAMETER_ARCHIVE", str(tmp_path))
    assert "cannot be read" in text_of(viewer, "/events?from=1970-01-01&to=now", status=503)


@pytest.mark.parametrize(("query", "field"), [
    ("from=soon", "from"), ("tz=Mars/X", "tz"), ("q=probability:many", "q"), ("q=level:%3E5", "q"), ("q=a%00b", "q"),
    (f"q={'x' * 301}", "q"), ("q=send_event:nan", "q"), ("page=3", "page"), ("page=1-2-x", "page"),
    ("page=999999999999999999-1-1", "page"), ("column=secret", "column"), ("format=xml", "format"),
    ("level=a%00", "level"), (f"zip={'9' * 201}", "zip"), ("&".join(f"zip={n}" for n in range(51)), "zip")])
def test_what_cannot_be_read_is_named(viewer: Client, query: str, field: str) -> None:
    page = text_of(viewer, f"/events?{query}", status=400)

    assert f"<b>{field}</b>: found" in page and "want" in page


@pytest.mark.parametrize(
    "typed", ["'; DROP TABLE play; --", "%s %(start)s", "{where}", "\\", "a:b:c", '"', "level:", "*"])
def test_any_text_is_a_search(viewer: Client, typed: str) -> None:
    assert viewer.get("/events", {"q": typed, "from": "now-7d"}).status_code == 200
    assert viewer.get("/events", {"level": typed, "from": "now-7d"}).status_code == 200


def test_the_page_asks_few_questions_however_many_rows_it_finds(viewer: Client) -> None:
    text_of(viewer, "/events")
    asked = []
    for address in ("/events?from=now-1h", "/events?from=now-1d", "/events?from=now-1d&q=gold&level=GOLD"):
        with counted_queries() as statements:
            text_of(viewer, address)
        asked.append(len(statements))

    assert asked == [11, 11, 11]  # freshness, plan, first day, cube, times, rows, and five around


def test_the_pages_keep_the_strict_policy(viewer: Client) -> None:
    for address in (f"/events?{WEEK}", "/dashboards", "/dashboards/1"):
        page = text_of(viewer, address)
        assert not re.search(r"<style|\sstyle=|\son[a-z]+=|javascript:", page), address
        for script in re.findall(r"<script[^>]*>", page):
            assert 'src="/' in script or 'type="application/json"' in script


def test_the_dashboard_of_offers_is_there_from_the_beginning(viewer: Client) -> None:
    assert ">Offers</a>" in text_of(viewer, "/dashboards")
    page = text_of(viewer, "/dashboards/1")

    offers = sum(row["send_event"] == 1 for row in ROWS)
    assert f'<p class="big"><data value="{offers}"' in page
    assert "SendEvent over time" in page and "Plays by reason" in page


def test_a_dashboard_is_exported_and_imported_and_is_the_same(operator: Client) -> None:
    pasted = operator.post("/dashboards/import", {"text": json.dumps(BOARD)})
    assert pasted.status_code == 302
    exported = operator.get(pasted["Location"] + "?format=json")
    assert json.loads(exported.content) == BOARD
    assert "attachment" in exported["Content-Disposition"]

    again = json.dumps(BOARD | {"name": "Day shift"}).encode()
    sent = operator.post("/dashboards/import", {"file": SimpleUploadedFile("board.json", again)})
    page = text_of(operator, sent["Location"])
    gold = sum(has_word(row, "gold") for row in ROWS)
    assert "Day shift" in page and f'<data value="{gold}"' in page


@pytest.mark.parametrize(("text", "faults"), [
    ("{", ["file"]), ("[]", ["file"]), ('{"name": "a"}', ["charts"]), ('{"name": 5, "charts": []}', ["name", "charts"]),
    (json.dumps({"name": "", "x": 1, "charts": [
        {"title": "", "kind": "pie", "from": "soon", "to": "now", "q": "probability:x", "more": 1}, 7,
        {"title": "t", "kind": "bars", "field": "age", "q": "", "from": "", "to": ""}]}),
     ["x", "name", "charts[0].more", "charts[0].kind", "charts[0].title", "charts[0].q", "charts[0].from", "charts[1]",
      "charts[2].field"]),
    (json.dumps(BOARD | {"name": "Offers"}), ["name"]), ('{"a":' * 5000, ["file"]), ("x" * 70_000, ["file"])])
def test_every_fault_of_an_import_is_named(operator: Client, text: str, faults: list[str]) -> None:
    answer = operator.post("/dashboards/import", {"text": text})

    assert answer.status_code == 400
    assert sorted(re.findall(r"<b>([^<]+)</b>: found", answer.content.decode())) == sorted(faults)


def test_a_dashboard_is_made_changed_and_deleted_by_forms(operator: Client) -> None:
    form = {"name": "Mine", "title": ["A", ""], "kind": ["total", "bars"], "field": ["level", "level"], "q": ["", ""],
            "from": ["now-7d", "now-7d"], "to": ["now", "now"]}
    made = operator.post("/dashboards/new", form)["Location"]
    assert operator.post(f"{made}/edit", form | {"name": "Ours"}).status_code == 302
    assert "Ours" in text_of(operator, f"{made}/edit")
    wrong = operator.post(f"{made}/edit", form | {"from": ["soon", ""]})
    assert wrong.status_code == 400 and 'value="soon"' in wrong.content.decode()
    assert operator.post(f"{made}/delete").status_code == 302
    assert operator.get(made).status_code == operator.post(f"{made}/delete").status_code == 404


@pytest.mark.parametrize(
    "address", ["/dashboards/new", "/dashboards/import", "/dashboards/1/edit", "/dashboards/1/delete"])
def test_a_viewer_sees_dashboards_and_changes_none(viewer: Client, address: str) -> None:
    assert viewer.post(address, {"text": json.dumps(BOARD)}).status_code == 403
    assert viewer.get(address).status_code in (403, 405)
    assert "Edit</a>" not in text_of(viewer, "/dashboards/1")
    assert client_of("stranger").get(address)["Location"].startswith("/sign-in")


def test_a_form_from_elsewhere_changes_no_dashboard() -> None:
    client = Client(enforce_csrf_checks=True)
    from tests.integration.people import make_account

    client.force_login(make_account("operator", "operator"), backend="django.contrib.auth.backends.ModelBackend")
    assert client.post("/dashboards/1/delete").status_code == 403
    assert "Offers" in text_of(client, "/dashboards/1")
