"""The pages as they are answered: what they say, what they ask the database, what they refuse."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from html.parser import HTMLParser
from pathlib import Path

import psycopg2
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from django.test import Client

from metering.arrow.schemas import archive_schema
from metering.streams import STREAMS
from metering.streams.machines import RESOURCE_USAGE
from tests.integration.people import client_of, counted_queries
from tests.lib import sample_machines
from tests.lib.sample_machines import fill_machines
from tests.lib.sample_rows import CORRECTED_AGO, USERS, fill
from tests.unit.serving.test_archived_events import written

pytestmark = pytest.mark.stack

NOW = datetime.now(UTC)
CURRENT = NOW.replace(minute=0, second=0, microsecond=0)
PASSPORT = f"/proof/{CURRENT - timedelta(hours=CORRECTED_AGO):%Y-%m-%dT%H}"
SAMPLES = f"/proof/{CURRENT - timedelta(hours=sample_machines.CORRECTED_AGO):%Y-%m-%dT%H}?stream=resource_usage"
PAGES = ("/", "/usage", "/quotas", "/proof", PASSPORT, f"{PASSPORT}/events", "/health")
WEEK = "from=now-7d&to=now"

QUESTIONS = {
    "/": 14,
    "/usage": 3,
    "/usage?compare=previous": 5,
    "/usage?show=times": 4,
    "/quotas": 2,
    "/proof": 4,
    "/proof?stream=devices": 4,
    PASSPORT: 5,
    SAMPLES: 5,
    "/health": 7,
}
"""What a page asks, one statement each, of one stream or of all."""

AROUND = 5
"""The session, its account, BEGIN, what opens the snapshot, COMMIT."""


@pytest.fixture(scope="module", autouse=True)
def _rows(site: None, database_url: str) -> None:
    with closing(psycopg2.connect(database_url)) as connection:
        fill(connection, NOW)
        fill_machines(connection, NOW)


@pytest.fixture(scope="module")
def viewer(_rows: None) -> Client:
    return client_of("viewer")


def text_of(client: Client, address: str, status: int = 200) -> str:
    response = client.get(address)
    assert response.status_code == status, response.content[:2000]
    return response.content.decode()


def table_of(client: Client, address: str) -> tuple[str, list[dict[str, str]]]:
    """The name a download is kept under, and its rows."""
    response = client.get(address)
    assert response.status_code == 200
    lines = b"".join(response.streaming_content).decode()  # type: ignore[arg-type]
    return response["Content-Disposition"], list(csv.DictReader(io.StringIO(lines)))


class Values(HTMLParser):
    """The exact values in the cells of the table of figures, row by row."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.rows: list[list[str]] = []
        self._inside = False
        self.feed(page)

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        given = dict(attributes)
        if tag in ("tbody", "tfoot") or (tag == "table" and given.get("id") != "figures"):
            self._inside = tag == "tbody"
        elif tag == "tr" and self._inside:
            self.rows.append([])
        elif tag == "data" and self._inside:
            self.rows[-1].append(given["value"] or "")


@pytest.mark.parametrize("address", PAGES)
def test_a_stranger_is_sent_to_sign_in(address: str) -> None:
    response = client_of("stranger").get(address)

    assert (response.status_code, response["Location"]) == (302, f"/sign-in?next={address}")


@pytest.mark.parametrize("address", PAGES)
@pytest.mark.parametrize("method", ["post", "put", "delete"])
def test_a_page_only_answers(viewer: Client, address: str, method: str) -> None:
    assert getattr(viewer, method)(address).status_code in (403, 405)


@pytest.mark.parametrize("address", QUESTIONS)
def test_a_page_asks_few_questions_however_many_rows_it_shows(viewer: Client, address: str) -> None:
    text_of(viewer, address)  # the first request also asks what a process asks once

    with counted_queries() as short:
        text_of(viewer, address)
    has_range = address.startswith(("/usage", "/quotas", "/proof?"))
    with counted_queries() as long:
        text_of(viewer, f"{address}{'&' if '?' in address else '?'}{WEEK}" if has_range else address)

    assert len(short) == len(long) == QUESTIONS[address] + AROUND, "\n".join(short)


@pytest.mark.parametrize(
    "address", [*PAGES, f"/usage?{WEEK}&by=app&compare=week", "/usage?from=2020-01-01&to=2020-01-02"])
def test_nothing_in_a_page_needs_more_than_the_strict_policy(viewer: Client, address: str) -> None:
    response = viewer.get(address)
    page, policy = response.content.decode(), response["Content-Security-Policy"]

    assert "unsafe" not in policy and "default-src 'self'" in policy
    assert not re.search(r"<style|\sstyle=|\son[a-z]+=|javascript:", page)
    for script in re.findall(r"<script[^>]*>", page):
        assert 'src="/' in script or 'type="application/json"' in script
    assert not re.findall(r'(?:src|href)="(?:https?:)?//', page)


@pytest.mark.parametrize("address", [address for address in PAGES if "/events" not in address])
def test_every_page_says_how_fresh_it_is(viewer: Client, address: str) -> None:
    page = text_of(viewer, address)

    assert re.search(r"Data to <b><time[^>]*>[\d: -]+</time></b>, \d+ (s|min) ", page)
    assert "final to <b>" in page


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("from=2026-11-02&to=2026-10-31", "from"), ("from=soon", "from"), ("to=2026-13-01", "to"), ("tz=Mars/X", "tz"),
        ("by=colour", "by"), ("granularity=week", "granularity"), ("sort=price", "sort"), ("page=0", "page"),
        ("page=%D9%A3", "page"), ("page=99999999999", "page"), ("compare=1", "compare"), ("show=all", "show"),
        ("id=%3Cscript%3E", "id"), ("format=xml", "format"), ("id=a%00", "id")])
def test_what_cannot_be_read_is_named_and_nothing_typed_is_lost(viewer: Client, query: str, field: str) -> None:
    page = text_of(viewer, f"/usage?{query}", status=400)

    assert f"<b>{field}</b>: found" in page and "want" in page
    assert "<script>" not in page.replace('<script src="', "")
    if field in ("from", "to"):
        typed = query.split("&")[0].split("=")[1]
        assert f'value="{typed}"' in page and "aria-invalid" in page


@pytest.mark.parametrize("address", ["/", "/quotas", "/proof", "/health", PASSPORT])
def test_an_unknown_zone_is_a_fault_on_every_page(viewer: Client, address: str) -> None:
    assert "<b>tz</b>: found" in text_of(viewer, f"{address}?tz=Mars/Olympus", status=400)


@pytest.mark.parametrize(
    "query", ["", "by=app", "by=antenna&sort=id", "sort=name", "compare=previous", f"{WEEK}&id={USERS[4]}"])
def test_the_csv_of_totals_is_the_table_shown(viewer: Client, query: str) -> None:
    shown = Values(text_of(viewer, f"/usage?{query}")).rows
    _, rows = table_of(viewer, f"/usage?{query}&format=csv")

    assert [row["bytes"] for row in rows] == [cells[0] for cells in shown]
    assert len(rows) > 0
    if "compare" in query:
        assert [row["bytes_compared"] for row in rows] == [cells[1] for cells in shown]


def test_the_csv_over_time_holds_every_page_with_times_in_the_zone(viewer: Client) -> None:
    query = "from=now-2d/d&to=now&show=times&granularity=hour&tz=Asia/Kolkata&by=app"
    first, second = (Values(text_of(viewer, f"/usage?{query}&page={page}")).rows for page in (1, 2))
    name, rows = table_of(viewer, f"/usage?{query}&format=csv")

    assert [row["bytes"] for row in rows[: len(first) + len(second)]] == [cells[0] for cells in first + second]
    assert len(rows) > len(first) + len(second) == 100
    assert all(re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:00\+05:30", row["start"]) for row in rows)
    assert re.search(r"usage-over-time-by-app_\d{4}-\d\d-\d\dT00-00\+0530_\d{4}", name)


def test_a_name_that_a_spreadsheet_would_run_is_quoted_in_csv(viewer: Client) -> None:
    _, rows = table_of(viewer, "/usage?format=csv")

    names = {row["user"]: row["name"] for row in rows}
    assert names[USERS[5]] == "'=marta"
    assert names[USERS[19]] == ""
    assert {row["finality"] for row in rows} <= {"provisional", "final", "corrected"}


def test_quotas_and_proofs_as_csv_are_what_is_shown(viewer: Client) -> None:
    page = text_of(viewer, "/quotas?sort=-usage")
    _, rows = table_of(viewer, "/quotas?sort=-usage&format=csv")
    assert [row["bytes"] for row in rows[:50]] == [cells[0] for cells in Values(page).rows]
    _, proofs = table_of(viewer, "/proof?format=csv")
    assert {row["verdict"] for row in proofs} == {"proven", "failed", "not yet"}
    assert {row["stream"] for row in proofs} == {"devices", "resource_usage"}
    assert {row["difference"] for row in proofs if row["verdict"] == "proven"} == {"0", "0.000"}
    name, samples = table_of(viewer, "/proof?stream=resource_usage&format=csv")
    assert samples == [row for row in proofs if row["stream"] == "resource_usage"]
    assert 'filename="proof_resource_usage_' in name
    assert {len(row["exact"].partition(".")[2]) for row in samples
            if row["exact"] and row["type"].endswith("cpu")} == {3}


def test_a_sorted_column_says_so_and_turns_on_a_second_click(viewer: Client) -> None:
    page = text_of(viewer, "/usage?sort=id&page=1")

    assert 'aria-sort="ascending"><a href="?sort=-id">' in page


def test_a_filter_is_a_chip_that_can_be_removed(viewer: Client) -> None:
    page = text_of(viewer, f"/usage?id={USERS[0]}&id={USERS[1]}&by=user")

    assert f'href="?id={USERS[1]}&amp;by=user" aria-label="Remove the filter {USERS[0]}"' in page


def test_nothing_in_a_range_offers_the_last_data(viewer: Client) -> None:
    for address in ("/usage", "/quotas", "/proof"):
        page = text_of(viewer, f"{address}?from=2020-01-01&to=2020-01-02")
        link = re.search(r'href="([^"]+)">Go to the last data', page)
        assert link, address
        assert "Go to the last data" not in text_of(viewer, address + link[1].replace("&amp;", "&"))


def test_finality_is_marked_on_every_number_of_the_tables(viewer: Client) -> None:
    page = text_of(viewer, "/usage?show=times&granularity=hour")
    body = page[page.index("<tbody>"):page.index("</tbody>")]

    marks = re.findall(r'class="mark mark-(final|provisional|corrected)"', body)
    assert len(marks) == body.count("<tr>")


def test_what_was_sent_is_shown_and_does_nothing(viewer: Client) -> None:
    page = text_of(viewer, "/proof")

    assert "&lt;script&gt;alert(1)&lt;/script&gt;\\u202e" in page
    assert "<script>alert" not in page
    assert "fa fb fc fd fe ff" in page


def test_the_passport_leads_from_a_number_to_files_and_offsets(viewer: Client) -> None:
    page = text_of(viewer, PASSPORT)

    assert f"year={CURRENT - timedelta(hours=CORRECTED_AGO):%Y}" in page
    assert "a late event" in page and "proven" in page
    assert "Not found" in text_of(viewer, "/proof/2001-01-01T00", status=404)
    assert "Not found" in text_of(viewer, "/proof/yesterday", status=404)


def test_the_proof_page_shows_every_stream_or_the_one_that_its_address_names(viewer: Client) -> None:
    both, samples = text_of(viewer, "/proof"), text_of(viewer, "/proof?stream=resource_usage")

    assert 'id="balance-devices"' in both and 'id="balance-resource_usage"' in both
    assert 'id="balance-devices"' not in samples and "user_total_bytes" not in samples
    assert "13 measures, all hold" in both and "all 3 cuts" in both
    assert 'measures, <b class="bad">1 failed</b>' in samples
    cell = re.search(r'<span class="mono">service_minute.cpu</span></td>\s*<td class="number">(.*?)</td>', samples)
    assert cell and re.search(r'<data value="\d+\.\d{3}" title="[\d,]+\.\d{3}">', cell[1])
    assert " B" not in cell[1] and " kB" not in cell[1]
    assert 'aria-current="true">resource_usage' in samples
    assert "<b>stream</b>: found “oranges”" in text_of(viewer, "/proof?stream=oranges", status=400)


def test_the_passport_of_an_hour_is_of_one_stream(viewer: Client) -> None:
    page = text_of(viewer, SAMPLES)

    assert "resource_usage/year=" in page and ">devices/year=" not in page
    assert "machine_minute.samples" in page and "a late sample" in page and 'title="1,241.250"' in page
    assert "The same hour of" in page and f'href="{SAMPLES.partition("?")[0]}"' in page
    empty = f"/proof/{CURRENT - timedelta(hours=60):%Y-%m-%dT%H}"
    assert "Passport" in text_of(viewer, empty)
    assert "Not found" in text_of(viewer, f"{empty}?stream=resource_usage", status=404)
    assert "<b>stream</b>: found" in text_of(viewer, f"{empty}?stream=x", status=400)


def test_health_has_a_block_for_every_stream(viewer: Client) -> None:
    page = text_of(viewer, "/health")
    blocks = re.split(r'id="stream-', page)[1:]

    assert [block.partition('"')[0] for block in blocks] == list(STREAMS)
    for topic, block in zip(list(STREAMS), blocks, strict=True):
        if topic not in ("devices", "resource_usage"):
            assert "No layer has reported yet" in block
            continue
        assert f"speed:{topic}" in block and f'id="balance-{topic}"' in block and "Rejected of the last" in block
    assert "<b>resource_usage: the hour of" in page and "<b>devices: the hour of" in page


def test_the_overview_names_the_stream_that_is_behind(viewer: Client, database_url: str) -> None:
    with closing(psycopg2.connect(database_url)) as connection, connection.cursor() as cursor:
        cursor.execute("CREATE TEMPORARY TABLE seen AS SELECT layer, seen_at FROM layer_status")
        cursor.execute("UPDATE stream_offset SET last_append = last_append + interval '1 hour'")
        cursor.execute("UPDATE layer_status SET seen_at = now()")
        cursor.execute(
            "UPDATE layer_status SET seen_at = now() - interval '2 hours' WHERE layer = 'speed:resource_usage'")
        connection.commit()
        page, usage = text_of(viewer, "/"), text_of(viewer, "/usage")
        cursor.execute("UPDATE stream_offset SET last_append = last_append - interval '1 hour'")
        cursor.execute("UPDATE layer_status SET seen_at = seen.seen_at FROM seen WHERE seen.layer = layer_status.layer")
        connection.commit()

    assert "resource_usage: the speed layer was last seen 2 h" in page
    assert "resource_usage" not in usage


def test_a_second_click_leads_to_the_raw_events(
    viewer: Client, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, database_url: str
) -> None:
    hour = datetime(2021, 2, 19, 21, tzinfo=UTC)
    path = written(tmp_path, "raw.parquet", ["u1", "u2"])
    with closing(psycopg2.connect(database_url)) as connection, connection, connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO archive_file (path, topic, hour, rows, generation, size, sha256) "
            "VALUES (%s, 'devices', %s, 2, 1, 1, '')", (path, hour))
    monkeypatch.setenv("LAMBDAMETER_ARCHIVE", str(tmp_path))

    passport = text_of(viewer, "/proof/2021-02-19T21?by=user&id=u2")
    address = re.search(r'id="raw-events" href="([^"]+)"', passport)
    assert address
    page = text_of(viewer, address[1].replace("&amp;", "&"))

    assert page.count("2021-02-19 21:00:01") == 1 and ">u1<" not in page
    assert "<b>by</b>: found" in text_of(viewer, "/proof/2021-02-19T21/events?by=colour", status=400)
    assert "<b>by</b>: found" in text_of(
        viewer, "/proof/2021-02-19T21/events?by=user&stream=resource_usage", status=400)
    (tmp_path / path).unlink()
    assert "cannot be read" in text_of(viewer, "/proof/2021-02-19T21/events", status=503)


def test_the_raw_events_of_a_stream_have_its_own_columns(
    viewer: Client, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, database_url: str
) -> None:
    hour = datetime(2021, 2, 19, 22, tzinfo=UTC)
    rows = [
        {"machine_id": machine, "service": "web", "timestamp": hour, "cpu": Decimal("12.500"), "ram": None,
         "disk": None, "interval_s": 1, "event_id": None, "topic": "resource_usage", "partition": 0, "offset": 3,
         "ingest_time": hour}
        for machine in ("m1", "m2")]
    pq.write_table(pa.Table.from_pylist(rows, schema=archive_schema(RESOURCE_USAGE)), tmp_path / "samples.parquet")
    with closing(psycopg2.connect(database_url)) as connection, connection, connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO archive_file (path, topic, hour, rows, generation, size, sha256) "
            "VALUES ('samples.parquet', 'resource_usage', %s, 2, 1, 1, '')", (hour,))
    monkeypatch.setenv("LAMBDAMETER_ARCHIVE", str(tmp_path))

    page = text_of(viewer, "/proof/2021-02-19T22/events?stream=resource_usage&by=machine_id&id=m2")

    assert re.findall(r"<th scope=.col.[^>]*>([^<]+)</th>", page)[:8] == [
        "timestamp", "machine_id", "service", "cpu (%)", "ram (%)", "disk (%)", "interval_s (s)", "event_id"]
    assert ">m2<" in page and ">m1<" not in page and ">12.500<" in page
    assert page.count('title="unknown">—') == 2


def test_an_unknown_address_is_a_page_of_ours(viewer: Client) -> None:
    page = text_of(viewer, "/nowhere", status=404)

    assert "Not found" in page and "site.css" in page


@pytest.fixture
def empty(site: None, server_url: str, migrated_template: str) -> Iterator[Client]:
    """A viewer of a migrated database without any row."""
    from django.db import connections

    from serving.database import django_database
    from tests.integration.conftest import database

    before = dict(connections["default"].settings_dict)
    with database(server_url, migrated_template) as url:
        connections.close_all()
        connections["default"].settings_dict.update(django_database(url))
        yield client_of("viewer")
        connections.close_all()
        connections["default"].settings_dict.update(before)


def test_without_any_data_every_page_says_what_to_do(empty: Client) -> None:
    for address in ("/", "/usage", "/quotas", "/proof"):
        assert "python -m producers generate" in text_of(empty, address), address
    health = text_of(empty, "/health")
    assert health.count("No layer has reported yet") == len(STREAMS)
    assert "No data yet" in health


@pytest.fixture
def away(site: None, viewer: Client) -> Iterator[Client]:
    """The viewer, while nothing answers where the database was."""
    from django.db import connections

    settings = connections["default"].settings_dict
    port = settings["PORT"]
    connections.close_all()
    settings["PORT"] = "1"
    viewer.raise_request_exception = False
    yield viewer
    viewer.raise_request_exception = True
    connections.close_all()
    settings["PORT"] = port


@pytest.mark.parametrize("address", PAGES)
def test_while_the_database_is_away_a_page_says_what_still_works(away: Client, address: str) -> None:
    page = text_of(away, address, status=503)

    assert "PostgreSQL does not answer" in page and "What still works" in page
    assert "Traceback" not in page
