"""A person looks at what companies cost, opens one, tells its panes apart, and downloads what is shown."""

from __future__ import annotations

import csv
from contextlib import closing
from decimal import Decimal
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from tests.e2e.conftest import DESKTOP, PHONE, Site, Watched, new_context
from tests.lib.sample_billing import HOURS, WINDOWS_AN_HOUR, fill_billing

pytestmark = [pytest.mark.stack, pytest.mark.browser]

RANGE = f"from=now-{HOURS + 2}h&to=now%2B1h"
SCREENSHOTS = Path(__file__).parents[2] / "build" / "screenshots"


@pytest.fixture(scope="module", autouse=True)
def _filled(site: Site) -> None:
    fill_billing(site.connection, site.now)


@pytest.mark.parametrize("size", [DESKTOP, PHONE], ids=lambda size: str(size["width"]))
@pytest.mark.parametrize("show", ["companies", "windows", "panes", "pending", "too-late"])
def test_every_table_fits_and_the_browser_does_not_complain(
    chromium: Browser, site: Site, signed_in: dict, show: str, size: dict
) -> None:
    with closing(new_context(chromium, signed_in, viewport=size)) as context:
        opened = Watched(context.new_page(), site)
        opened.open(f"/billing?{RANGE}&show={show}")

        too_wide = opened.page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        SCREENSHOTS.mkdir(parents=True, exist_ok=True)
        opened.page.screenshot(path=SCREENSHOTS / f"billing-{show}-{size['width']}.png", full_page=True)

        assert too_wide == 0
        assert opened.page.locator("#figures tbody tr").count() > 0
        assert opened.complaints == []


def test_from_all_companies_to_one_and_its_panes(watched: Watched, tmp_path: Path) -> None:
    watched.open(f"/billing?{RANGE}")
    assert watched.page.locator(".legend li").all_inner_texts()[:3] == ["on time", "early", "late"]

    watched.page.locator("#figures").get_by_role("link", name="acme").first.click()
    watched.page.wait_for_url("**/billing/acme?currency=*")
    watched.drawn()
    watched.page.get_by_role("navigation", name="Table").get_by_role("link", name="Panes").click()
    watched.page.wait_for_url("**show=panes*")
    watched.drawn()

    words = {text.replace("last", "").strip() for text in watched.page.locator("td:nth-child(3)").all_inner_texts()}
    assert words and words <= {"early", "on time", "late"}
    with watched.page.expect_download() as waited:
        watched.page.locator("#csv").click()
    waited.value.save_as(tmp_path / "panes.csv")
    with (tmp_path / "panes.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert {row["company"] for row in rows} == {"acme"} and len({row["currency"] for row in rows}) == 1
    for row in (row for row in rows if row["is_last"] == "true"):
        mine = [one for one in rows if one["window_start"] == row["window_start"]]
        assert sum(Decimal(one["value"]) for one in mine) == Decimal(row["total_value"])


def test_a_filter_is_in_the_address_and_goes_with_a_click(watched: Watched) -> None:
    watched.open(f"/billing?{RANGE}&show=windows&company=blue")
    assert watched.page.locator("#figures tbody tr").count() == WINDOWS_AN_HOUR * HOURS

    watched.page.get_by_role("link", name="Remove the filter blue").click()
    watched.drawn()

    assert "company" not in watched.page.url
    assert watched.page.locator("#figures tbody tr").count() > WINDOWS_AN_HOUR * HOURS
