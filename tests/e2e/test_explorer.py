"""The page of events and the dashboards in a real browser, by keyboard where a keyboard is enough."""

from __future__ import annotations

import json
from contextlib import closing
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from tests.e2e.conftest import PASSWORD, PHONE, Site, Watched, new_context
from tests.integration.conftest import serving

pytestmark = [pytest.mark.stack, pytest.mark.browser]

WEEK = "/events?from=now-7d&to=now"
OPERATOR = "olga"


def test_a_search_by_keyboard_finds_and_a_facet_narrows_it(watched: Watched, site: Site) -> None:
    watched.open(WEEK)
    page = watched.page
    whole = watched.value("#total")

    page.keyboard.press("/")
    page.keyboard.type("springfield lee")
    page.keyboard.press("Enter")
    page.wait_for_url("**q=springfield+lee**")
    watched.drawn()
    found = watched.value("#total")
    page.locator("#level-1").focus()
    page.keyboard.press("Enter")
    page.wait_for_url("**level=**")
    watched.drawn()

    assert site.one("SELECT count(*) FROM play") == whole
    assert found == site.one("SELECT count(*) FROM play WHERE words @> '{springfield,lee}'")
    level = page.locator("#level-1").get_attribute("aria-label") or ""
    assert level.endswith("remove") and f", {watched.value('#total')} plays" in level
    assert watched.value("#total") < found < whole
    page.go_back()
    watched.drawn()
    assert watched.value("#total") == found


def test_columns_are_chosen_by_keyboard_and_the_next_page_keeps_them(watched: Watched) -> None:
    watched.open(WEEK)
    page = watched.page

    page.locator("#columns summary").focus()
    page.keyboard.press("Enter")
    for name in ("address", "offset"):
        page.get_by_label(name, exact=True).focus()
        page.keyboard.press("Space")
    page.locator("#columns button").focus()
    page.keyboard.press("Enter")
    page.wait_for_url("**column=address**")
    heads = page.locator("#figures thead th").all_inner_texts()
    first = page.locator("#figures tbody tr").first.inner_text()
    page.locator("#older").click()
    page.wait_for_url("**page=**")

    assert heads[0] == "timestamp" and "address" in heads and heads[-1] == "offset"
    assert page.locator("#figures thead th").all_inner_texts() == heads
    assert page.locator("#figures tbody tr").first.inner_text() != first
    page.locator("#newest").click()
    page.wait_for_load_state("load")
    assert page.locator("#figures tbody tr").first.inner_text() == first


def test_a_drag_over_the_bars_chooses_their_range(watched: Watched) -> None:
    watched.open(WEEK)
    box = watched.page.locator("#chart").bounding_box()
    assert box
    mouse = watched.page.mouse
    mouse.move(box["x"] + box["width"] * 0.8, box["y"] + 60)
    mouse.down()
    mouse.move(box["x"] + box["width"] * 0.9, box["y"] + 80, steps=5)
    mouse.up()
    watched.page.wait_for_url("**from=20**")
    watched.drawn()


def test_a_download_holds_what_is_found(watched: Watched) -> None:
    watched.open(f"{WEEK}&q=gold")
    with watched.page.expect_download() as download:
        watched.page.locator("#csv").click()

    lines = Path(download.value.path()).read_text(encoding="utf-8").splitlines()
    assert len(lines) == watched.value("#total") + 1
    assert download.value.suggested_filename.startswith("events_")


def test_on_a_phone_the_search_and_the_facets_can_be_used(chromium: Browser, site: Site, signed_in: dict) -> None:
    with closing(new_context(chromium, signed_in, viewport=PHONE)) as context:
        opened = Watched(context.new_page(), site)
        opened.open(WEEK)
        opened.page.locator("#q").fill("gold")
        opened.page.get_by_role("button", name="Search").click()
        opened.page.wait_for_url("**q=gold**")
        opened.page.locator("#is_mobile-1").click()
        opened.page.wait_for_url("**is_mobile=**")
        opened.drawn()

        assert opened.complaints == []


def test_an_operator_makes_a_dashboard_exports_deletes_and_imports_it(chromium: Browser, site: Site) -> None:
    url = site.connection.get_dsn_parameters()
    address = f"postgresql://{url['user']}:{site.connection.info.password}@{url['host']}:{url['port']}/{url['dbname']}"
    made = serving(
        address, "accounts", "create", OPERATOR, "--role", "operator", "--password-stdin", given=PASSWORD.encode())
    assert made.returncode == 0, made.stderr
    with closing(chromium.new_context(accept_downloads=True)) as context:
        opened = Watched(context.new_page(), site)
        page = opened.page
        page.goto(site.address + "/dashboards")
        page.get_by_label("Name").fill(OPERATOR)
        page.get_by_label("Password").fill(PASSWORD)
        page.get_by_role("button", name="Sign in").click()
        page.get_by_role("link", name="New").click()
        page.get_by_label("Name").fill("Morning")
        page.get_by_label("Title").first.fill("By level")
        page.locator("select[name=field]").first.select_option("level")
        page.get_by_role("button", name="Save").click()
        page.get_by_role("heading", name="By level").wait_for()
        with page.expect_download() as download:
            page.locator("#export").click()
        text = Path(download.value.path()).read_text(encoding="utf-8")
        page.get_by_role("button", name="Delete").click()
        page.wait_for_url("**/dashboards")
        assert page.get_by_role("link", name="Morning").count() == 0
        page.get_by_role("link", name="Import").click()
        page.get_by_label("or its text").fill(text)
        page.get_by_role("button", name="Import").click()
        page.get_by_role("heading", name="By level").wait_for()

        assert json.loads(text)["charts"][0]["field"] == "level"
        assert opened.complaints == []
