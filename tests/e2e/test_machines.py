"""A person picks two dates on the page of services, follows a peak, finds a machine and adds up what it costs."""

from __future__ import annotations

import csv
import re
from datetime import timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from tests.e2e.conftest import Watched

pytestmark = [pytest.mark.stack, pytest.mark.browser]


def pick(watched: Watched, first: str, last: str) -> None:
    watched.page.locator("#from").fill(first)
    watched.page.locator("#to").fill(last)
    watched.page.locator(".dates").get_by_role("button", name="Show").click()
    watched.page.wait_for_url(f"**from={first}**to={last}**")
    watched.drawn()


def numbers(watched: Watched, place: str) -> list[Decimal]:
    return [Decimal(cell.get_attribute("value") or "") for cell in watched.page.locator(f"{place} data").all()]


def test_two_dates_give_each_services_totals_and_peaks_of_the_database(watched: Watched) -> None:
    last = watched.site.now.date()
    first = last - timedelta(days=1)
    watched.open("/services")

    pick(watched, first.isoformat(), last.isoformat())

    assert watched.page.locator("h1 small").inner_text() == f"{first} – {last}"
    in_database = watched.site.one(
        "SELECT sum(msg_num) FROM service_minute WHERE time_stamp >= %s AND time_stamp < %s",
        first, last + timedelta(days=1))
    assert watched.value("#messages") == in_database > 0
    row = watched.page.locator("#figures tbody tr", has_text="web")
    with watched.site.connection.cursor() as cursor:
        cursor.execute("SELECT sum(cpu), max(max_cpu) FROM service_minute WHERE service = 'web'")
        total, peak = cursor.fetchone()
    shown = [Decimal(cell.get_attribute("value") or "") for cell in row.locator("data").all()]
    assert (shown[0], shown[2]) == (total, peak)
    assert re.fullmatch(r"\d\d \w{3} \d\d:\d\d:\d\d", row.locator(".at time").first.inner_text())
    assert watched.page.locator("#figures tbody tr", has_text="cache").locator(".none").count() == 3


def test_a_peak_is_marked_and_told_of_on_hover(watched: Watched) -> None:
    watched.open("/services?from=now-24h&to=now&service=database")
    words = watched.page.locator("#chart-text").inner_text()
    chart = watched.page.locator("#chart").bounding_box()
    assert chart and "(database)" in words

    found = ""
    for step in range(40):
        x = chart["x"] + chart["width"] * (0.06 + step * 0.0235)
        for share in (0.15, 0.3, 0.45, 0.6, 0.75):
            watched.page.mouse.move(x, chart["y"] + chart["height"] * share)
            if watched.page.locator(".bk-tooltip-row-value").count():
                found = watched.page.locator(".bk-tooltip-row-value").all_inner_texts()[0]
                break
        if found:
            break

    assert found.strip() in ("CPU", "RAM", "Disk", "peak of CPU", "peak of RAM", "peak of Disk")


def test_a_service_is_chosen_and_the_other_left_out(watched: Watched) -> None:
    watched.open("/services?from=now-24h&to=now")
    watched.page.get_by_placeholder("Only service").fill("web")
    watched.page.get_by_role("button", name="Filter").click()
    watched.page.wait_for_url("**service=web**")
    watched.drawn()

    assert watched.page.locator("#figures tbody tr").count() == 1
    watched.page.get_by_role("link", name="Remove the filter web").click()
    watched.page.wait_for_url(lambda url: "service=web" not in url)
    assert watched.page.locator("#figures tbody tr").count() == 4


def test_the_list_of_machines_refreshes_itself_and_rests_while_it_is_hidden(watched: Watched) -> None:
    watched.page.clock.install()
    watched.open("/machines")
    assert watched.page.locator("#refresh").input_value() == "10"
    watched.page.evaluate("Object.defineProperty(document, 'hidden', { get: () => true, configurable: true })")

    watched.page.clock.run_for(15_000)
    assert watched.page.locator("#announce").inner_text() == ""
    watched.page.evaluate("delete document.hidden")
    watched.page.clock.run_for(2_000)

    watched.page.locator("#announce", has_text="Updated").wait_for(state="attached")


def test_the_refresh_of_the_list_can_be_switched_off_for_good(watched: Watched) -> None:
    watched.open("/machines")
    watched.page.locator("#refresh").select_option("0")
    watched.open("/services")
    watched.open("/machines")

    assert watched.page.locator("#refresh").input_value() == "0"


def test_a_machine_is_found_and_its_hours_add_up(watched: Watched, tmp_path: Path) -> None:
    watched.open("/machines")
    watched.page.get_by_placeholder("Find a machine").fill("web-2")
    watched.page.keyboard.press("Enter")
    watched.page.wait_for_url("**find=web-2**")
    watched.page.get_by_role("link", name="web-2", exact=True).click()
    watched.page.wait_for_url("**/machines/web-2")
    watched.drawn()

    total = numbers(watched, "#figures tfoot .cost")
    assert sum(numbers(watched, "#figures tbody .cost")) == total[0] > 0
    with watched.page.expect_download() as download:
        watched.page.locator("#csv").click()
    download.value.save_as(tmp_path / "machine.csv")
    with (tmp_path / "machine.csv").open(newline="") as file:
        assert sum(Decimal(row["cost"]) for row in csv.DictReader(file)) == total[0]


def test_from_after_to_is_said_beside_the_field(watched: Watched) -> None:
    watched.open("/services")

    pick(watched, "2026-02-02", "2026-02-01")

    assert "found “2026-02-02”" in watched.page.get_by_role("alert").inner_text()
    assert watched.page.locator("#to").input_value() == "2026-02-01"
    assert [text for text in watched.complaints if "400 (Bad Request)" not in text] == []
    watched.complaints.clear()  # the browser's own line about the status 400
