"""The pages of services and machines: what they say against the samples, what they ask, what they refuse."""

from __future__ import annotations

import csv
import io
import re
from collections import defaultdict
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal

import psycopg2
import pytest
from django.test import Client

from tests.integration.people import client_of, counted_queries
from tests.lib.sample_load import HOUR, UNKNOWN_AGO, Sample, fill_load, floor
from tests.lib.sample_machines import fill_machines

pytestmark = pytest.mark.stack

NOW = datetime.now(UTC)
CURRENT = NOW.replace(minute=0, second=0, microsecond=0)
DAY = f"from={CURRENT - timedelta(hours=23):%Y-%m-%dT%H:%MZ}&to={CURRENT + HOUR:%Y-%m-%dT%H:%MZ}"
PAGES = ("/services", "/machines", "/machines/web-1")
MICRO = Decimal("0.000001")
AROUND = 5
"""The session, its account, BEGIN, what opens the snapshot, COMMIT."""


@pytest.fixture(scope="module", autouse=True)
def samples(site: None, database_url: str) -> list[Sample]:
    with closing(psycopg2.connect(database_url)) as connection:
        return fill_load(connection, fill_machines(connection, NOW), NOW)


@pytest.fixture(scope="module")
def viewer(samples: list[Sample]) -> Client:
    return client_of("viewer")


def text_of(client: Client, address: str, status: int = 200) -> str:
    response = client.get(address)
    assert response.status_code == status, response.content[:2000]
    return response.content.decode()


def table_of(client: Client, address: str) -> list[dict[str, str]]:
    response = client.get(address)
    assert response.status_code == 200
    lines = b"".join(response.streaming_content).decode()  # type: ignore[arg-type]
    return list(csv.DictReader(io.StringIO(lines)))


def cost_of(samples: list[Sample], machine: str, since: datetime) -> Decimal:
    """The plain calculation: percent × seconds / 3600 × rate, each part of an hour rounded half up."""
    parts: dict[tuple[datetime, str], Decimal] = defaultdict(Decimal)
    for sample in samples:
        if sample.machine == machine and floor(sample.at, HOUR) >= since:
            for name, rate in (("cpu", Decimal("0.05")), ("ram", Decimal("0.01"))):
                reading = getattr(sample, name)
                parts[floor(sample.at, HOUR), name] += rate * (reading or 0) * sample.interval_s
    return sum(((part / 3600).quantize(MICRO, ROUND_HALF_UP) for part in parts.values()), Decimal(0))


def test_totals_averages_and_peaks_of_a_service_are_those_of_its_samples(
    viewer: Client, samples: list[Sample]
) -> None:
    rows = {row["service"]: row for row in table_of(viewer, f"/services?{DAY}&format=csv")}

    assert list(rows) == ["cache", "database", "web", "worker"]
    for service, row in rows.items():
        mine = [sample for sample in samples if sample.service == service]
        assert int(row["messages"]) == len(mine)
        for name in ("cpu", "ram", "disk"):
            read = [(getattr(sample, name), sample.at) for sample in mine if getattr(sample, name) is not None]
            if not read:
                empty = [row[f"{name}_{part}"] for part in ("sum", "average", "peak", "peak_time")]
                assert (service, name, empty) == ("cache", "disk", [""] * 4)
                continue
            total, peak = sum(value for value, _ in read), max(value for value, _ in read)
            first = min(at for value, at in read if value == peak)
            assert Decimal(row[f"{name}_sum"]) == total
            assert Decimal(row[f"{name}_average"]) == (total / len(read)).quantize(Decimal("0.001"), ROUND_HALF_UP)
            assert (Decimal(row[f"{name}_peak"]), datetime.fromisoformat(row[f"{name}_peak_time"])) == (peak, first)


@pytest.mark.parametrize("granularity", ["1min", "5min", "hour", "day"])
def test_however_a_range_is_cut_its_bars_add_up_to_the_samples(
    viewer: Client, samples: list[Sample], granularity: str
) -> None:
    rows = table_of(viewer, f"/services?{DAY}&show=times&granularity={granularity}&tz=Asia/Kolkata&format=csv")

    assert sum(Decimal(row["cpu_sum"] or 0) for row in rows) == sum(sample.cpu or 0 for sample in samples)
    assert sum(int(row["messages"]) for row in rows) == len(samples)
    assert all(row["start"].endswith("+05:30") for row in rows)


def test_an_unknown_reading_is_a_dash_and_not_a_zero(viewer: Client) -> None:
    hour = CURRENT - UNKNOWN_AGO * HOUR
    page = text_of(
        viewer, f"/services?service=worker&from={hour:%Y-%m-%dT%H:%MZ}&to={hour + HOUR:%Y-%m-%dT%H:%MZ}")

    body = page[page.index("<tbody>"):page.index("</tbody>")]
    assert body.count('title="no data"') == 9
    assert page.count("no reading is known") == 6  # in the tiles and in the words of the chart
    assert "180" in body


def test_a_bar_without_samples_is_a_gap_and_told_of(viewer: Client) -> None:
    page = text_of(viewer, f"/services?{DAY}")

    assert "1 bar without data, which is not zero" in page
    assert '"nan"' in page[page.index("chart-data"):]


def test_the_list_tells_each_machines_last_sample_and_cost_today(viewer: Client, samples: list[Sample]) -> None:
    page, asked = text_of(viewer, "/machines"), datetime.now(UTC)
    midnight = NOW.replace(hour=0, minute=0, second=0, microsecond=0)

    rows = {row["machine"]: row for row in table_of(viewer, "/machines?format=csv")}
    assert 'id="live" data-refresh="10"' in page
    for machine, row in rows.items():
        mine = [sample for sample in samples if sample.machine == machine]
        last = max(sample.at for sample in mine).replace(second=0)
        assert datetime.fromisoformat(row["last_minute"]) == last
        today = [sample for sample in mine if sample.at >= midnight]
        assert row["samples_today"] == (str(len(today)) if today else "")
        if today:
            assert Decimal(row["cost_today"]) == cost_of(samples, machine, midnight)
            assert f'<data value="{row["cost_today"]}"' in page
    assert set(rows) == {"web-1", "web-2", "db-1", "cache-1", "worker-1"}
    silent = [row for row in rows.values() if asked - datetime.fromisoformat(row["last_minute"]) > timedelta(minutes=5)]
    assert page.count("No sample for more than 5 minutes") == len(silent) >= 1


def test_a_machine_is_found_by_a_part_of_its_id(viewer: Client) -> None:
    page = text_of(viewer, "/machines?find=WEB")

    assert re.findall(r'href="/machines/([^"?]+)"', page) == ["web-1", "web-2"]
    assert "No machine found" in text_of(viewer, "/machines?find=%25")


def test_the_hours_of_a_machine_add_up_to_the_foot(viewer: Client, samples: list[Sample]) -> None:
    page = text_of(viewer, f"/machines/web-1?{DAY}")
    lines = table_of(viewer, f"/machines/web-1?{DAY}&format=csv")

    expected = cost_of(samples, "web-1", CURRENT - 23 * HOUR)
    assert sum(Decimal(line["cost"]) for line in lines) == expected > 0
    foot = page[page.index("<tfoot>"):]
    assert f'<data value="{expected}">' in foot
    assert len(lines) == 23 and "percent × seconds / 3600" in page
    assert "/api/v1/machines/web-1/cost?from=" in page


def test_nothing_in_a_range_offers_the_last_data(viewer: Client) -> None:
    for address in ("/services", "/machines/worker-1"):
        page = text_of(viewer, f"{address}?from=2020-01-01&to=2020-01-02")
        link = re.search(r'href="([^"]+)">Go to the last data', page)
        assert link, address
        assert "Go to the last data" not in text_of(viewer, address + link[1].replace("&amp;", "&"))


def test_an_unknown_machine_is_not_found(viewer: Client) -> None:
    for name in ("nobody", "a%00b", "%3Cscript%3E", "x" * 65):
        assert "Not found" in text_of(viewer, f"/machines/{name}", status=404)


FAULTS = [
    *((address, query, query.split("=")[0]) for address in PAGES for query in ("tz=Mars/X", "page=0", "format=xml")),
    *((address, "granularity=week", "granularity") for address in ("/services", "/machines/web-1")),
    *((address, "from=2026-11-02&to=2026-10-31", "from") for address in ("/services", "/machines/web-1")),
    ("/machines/web-1", "granularity=5min", "granularity"), ("/services", "sort=price", "sort"),
    ("/services", "service=..%2F", "service"), ("/services", "show=all", "show"),
    ("/machines", "sort=cost", "sort"), ("/machines", "find=a%00", "find"), ("/machines", "find=" + "x" * 65, "find")]


@pytest.mark.parametrize(("address", "query", "field"), FAULTS)
def test_what_cannot_be_read_is_named(viewer: Client, address: str, query: str, field: str) -> None:
    page = text_of(viewer, f"{address}?{query}", status=400)

    assert f"<b>{field}</b>: found" in page and "want" in page


@pytest.mark.parametrize(
    ("address", "questions"),
    [("/services", 3), ("/services?show=times", 3), ("/machines", 3), ("/machines/web-1", 3)])
def test_a_page_asks_few_questions_however_many_rows_it_shows(
    viewer: Client, address: str, questions: int
) -> None:
    text_of(viewer, address)  # the first request also asks what a process asks once

    with counted_queries() as statements:
        text_of(viewer, f"{address}{'&' if '?' in address else '?'}{'' if address == '/machines' else DAY}")

    assert len(statements) == questions + AROUND, "\n".join(statements)


@pytest.mark.parametrize("address", [*PAGES, f"/services?{DAY}&show=times", "/services?from=2020-01-01&to=2020-01-02"])
def test_nothing_in_a_page_needs_more_than_the_strict_policy(viewer: Client, address: str) -> None:
    page = text_of(viewer, address)

    assert not re.search(r"<style|\sstyle=|\son[a-z]+=|javascript:", page)
    for script in re.findall(r"<script[^>]*>", page):
        assert 'src="/' in script or 'type="application/json"' in script


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


def test_without_any_sample_the_pages_say_what_to_do(empty: Client) -> None:
    for address in ("/services", "/machines"):
        assert "python -m producers host --as load" in text_of(empty, address), address
    assert "Not found" in text_of(empty, "/machines/web-1", status=404)
