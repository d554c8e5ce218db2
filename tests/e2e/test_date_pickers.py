"""A person picks dates, steps, zooms, compares, filters, downloads; the address always says what is seen."""

from __future__ import annotations

import csv
import re
from datetime import timedelta
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest

from tests.e2e.conftest import Watched
from tests.lib.sample_rows import APPS, USERS

pytestmark = [pytest.mark.stack, pytest.mark.browser]

BY_USER = "SELECT sum(value) FROM usage WHERE type = 'user_total_bytes' AND timestamp >= %s AND timestamp < %s"


def query_of(watched: Watched) -> dict[str, list[str]]:
    return parse_qs(urlsplit(watched.page.url).query)


def pick(watched: Watched, first: str, last: str) -> None:
    watched.page.locator("#from").fill(first)
    watched.page.locator("#to").fill(last)
    watched.page.locator(".dates").get_by_role("button", name="Show").click()
    watched.page.wait_for_url(f"**from={first}**to={last}**")
    watched.drawn()


def test_two_dates_give_their_whole_days_and_the_total_of_the_database(watched: Watched) -> None:
    day = watched.site.now.date() - timedelta(days=1)
    watched.open("/usage")

    pick(watched, day.isoformat(), day.isoformat())

    assert watched.page.locator("h1 small").inner_text() == day.isoformat()
    in_database = watched.site.one(BY_USER, day, day + timedelta(days=1))
    assert watched.value("#total") == watched.value("#figures tfoot td") == in_database > 0


def test_the_days_follow_the_chosen_zone(watched: Watched) -> None:
    day = watched.site.now.date() - timedelta(days=1)
    watched.open(f"/usage?from={day}&to={day}")

    watched.page.locator("#tz").select_option("Asia/Tokyo")
    watched.page.wait_for_url("**tz=Asia%2FTokyo**")

    ahead = timedelta(hours=9)
    assert watched.value("#total") == watched.site.one(
        "SELECT sum(value) FROM usage WHERE type = 'user_total_bytes' AND timestamp + %s >= %s AND timestamp + %s < %s",
        ahead, f"{day} 00:00+00", ahead, f"{day + timedelta(days=1)} 00:00+00")
    assert watched.page.locator("#tz option:checked").inner_text() == "Asia/Tokyo (this browser)"
    assert watched.page.locator("#from").input_value() == day.isoformat()


def test_presets_and_steps_and_back_and_forward_keep_the_state(watched: Watched) -> None:
    watched.open("/usage?by=app")
    watched.page.get_by_role("link", name="Yesterday").click()
    watched.page.wait_for_url("**from=now-1d**")
    yesterday, day = watched.page.url, watched.page.locator("#from").input_value()

    watched.page.get_by_role("link", name="Previous period").click()
    watched.page.wait_for_url(lambda url: url != yesterday)
    before = watched.page.locator("#from").input_value()
    watched.page.go_back()
    assert watched.page.url == yesterday
    assert watched.page.locator("#from").input_value() == watched.page.locator("#to").input_value() == day > before
    assert watched.page.locator(".presets [aria-current]").inner_text() == "Yesterday"
    watched.page.go_forward()

    assert watched.page.locator("#from").input_value() == before
    assert query_of(watched)["by"] == ["app"]


def test_from_after_to_is_said_beside_the_field_and_nothing_is_lost(watched: Watched) -> None:
    watched.open("/usage?by=antenna")

    pick(watched, "2026-02-02", "2026-02-01")

    assert "found “2026-02-02”" in watched.page.get_by_role("alert").inner_text()
    assert watched.page.locator("#from").get_attribute("aria-invalid") == "true"
    assert watched.page.locator("#from").input_value() == "2026-02-02"
    assert watched.page.locator("#to").input_value() == "2026-02-01"
    assert query_of(watched)["by"] == ["antenna"]
    assert [text for text in watched.complaints if "400 (Bad Request)" not in text] == []
    watched.complaints.clear()  # the browser's own line about the status 400


def test_the_download_is_what_is_shown(watched: Watched, tmp_path: Path) -> None:
    watched.open("/usage?from=now-7d&to=now&sort=name&compare=previous")
    shown = [
        [cell.get_attribute("value") for cell in row.locator("data").all()]
        for row in watched.page.locator("#figures tbody tr").all()]

    with watched.page.expect_download() as download:
        watched.page.locator("#csv").click()
    download.value.save_as(tmp_path / "usage.csv")

    with (tmp_path / "usage.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["bytes"] for row in rows] == [cells[0] for cells in shown]
    assert sum(int(row["bytes"]) for row in rows) == watched.value("#total")


def test_a_drag_over_the_bars_chooses_their_range(watched: Watched) -> None:
    watched.open("/usage?from=now-2d&to=now&compare=week")
    total, chart = watched.value("#total"), watched.page.locator("#chart").bounding_box()
    assert chart

    y = chart["y"] + chart["height"] / 2
    watched.page.mouse.move(chart["x"] + chart["width"] * 0.4, y)
    watched.page.mouse.down()
    watched.page.mouse.move(chart["x"] + chart["width"] * 0.6, y, steps=8)
    watched.page.mouse.up()
    watched.page.wait_for_url("**from=20*")
    watched.drawn()

    chosen = query_of(watched)
    assert 0 < watched.value("#total") < total
    assert watched.value("#total") == watched.site.one(BY_USER, chosen["from"][0], chosen["to"][0])
    assert chosen["compare"] == ["week"]


def test_a_hover_gives_the_exact_value(watched: Watched) -> None:
    watched.open("/usage?from=now-2d&to=now&by=app")
    chart = watched.page.locator("#chart").bounding_box()
    assert chart

    for step in range(30):
        watched.page.mouse.move(chart["x"] + chart["width"] * (0.3 + step / 200), chart["y"] + chart["height"] * 0.8)
        if watched.page.locator(".bk-tooltip-row-value").count():
            break
    app, value, when, mark = watched.page.locator(".bk-tooltip-row-value").all_inner_texts()[:4]

    assert app.strip() in APPS
    assert re.fullmatch(r"[\d,]+ B", value.strip()) and "00 – " in when
    assert mark.strip() in ("final", "provisional", "corrected")


def test_the_chart_is_saved_as_a_picture(watched: Watched, tmp_path: Path) -> None:
    watched.open("/usage")

    with watched.page.expect_download() as download:
        watched.page.get_by_role("button", name="PNG").click()
    download.value.save_as(tmp_path / "chart.png")

    assert (tmp_path / "chart.png").read_bytes().startswith(b"\x89PNG")
    assert download.value.suggested_filename == "usage-by-user.png"


def test_a_filter_is_added_and_removed(watched: Watched) -> None:
    watched.open("/usage")
    watched.page.get_by_placeholder("Only user").fill(USERS[4])
    watched.page.get_by_role("button", name="Filter").click()
    watched.page.wait_for_url(f"**id={USERS[4]}**")

    assert watched.page.locator("#figures tbody tr").count() == 1
    watched.page.get_by_role("link", name=f"Remove the filter {USERS[4]}").click()
    watched.page.wait_for_url(lambda url: USERS[4] not in url)
    assert watched.page.locator("#figures tbody tr").count() == 20


def test_what_arrives_shows_on_refresh_and_is_announced(watched: Watched) -> None:
    watched.open("/usage")
    before = watched.value("#total")
    watched.site.one(
        "INSERT INTO bytes (timestamp, id, value, type, generation) VALUES "
        "(date_bin('5 min', now() - interval '10 min', 'epoch'), 'newcomer', 1000, 'user_total_bytes', 99) "
        "RETURNING value")

    watched.page.keyboard.press("r")
    watched.page.locator("#announce", has_text="Updated").wait_for(state="attached")
    watched.drawn()

    assert watched.value("#total") == before + 1000
    watched.site.one("DELETE FROM bytes WHERE id = 'newcomer' RETURNING 1")


def test_a_refresh_comes_by_itself_when_it_is_asked_for(watched: Watched) -> None:
    watched.page.clock.install()
    watched.open("/usage")
    watched.page.locator("#refresh").select_option("10")

    watched.page.clock.run_for(11_500)

    watched.page.locator("#announce", has_text="Updated").wait_for(state="attached")


def test_letters_lead_to_pages_but_not_while_typing(watched: Watched) -> None:
    watched.open("/")
    watched.page.keyboard.press("?")
    keys = watched.page.get_by_role("heading", name="Keys")
    keys.wait_for()
    watched.page.keyboard.press("Escape")
    keys.wait_for(state="hidden")
    watched.page.keyboard.press("u")
    watched.page.wait_for_url("**/usage")

    watched.page.get_by_placeholder("Only user").press("q")

    assert watched.page.get_by_placeholder("Only user").input_value() == "q"
    assert urlsplit(watched.page.url).path == "/usage"


def test_the_theme_is_switched_and_remembered(watched: Watched) -> None:
    watched.open("/usage")
    light = watched.page.evaluate("getComputedStyle(document.body).backgroundColor")

    watched.page.locator("#theme").click()
    dark = watched.page.evaluate("getComputedStyle(document.body).backgroundColor")
    watched.open("/health")

    assert dark != light
    assert watched.page.evaluate("getComputedStyle(document.body).backgroundColor") == dark


def test_one_click_leads_from_a_number_to_its_passport(watched: Watched) -> None:
    watched.open("/usage?show=times&granularity=hour&sort=-time&to=now-3h&from=now-1d")

    watched.page.get_by_role("link", name="passport").first.click()
    watched.page.wait_for_url("**/proof/20**")

    assert ".parquet" in watched.page.locator("#live").inner_text()
