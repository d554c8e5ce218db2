"""A person reads what a tariff costs, tries another one and another limit, and takes the answer away."""

from __future__ import annotations

import csv
from contextlib import closing
from decimal import Decimal
from pathlib import Path
from urllib.parse import quote, urlsplit

import pytest
from playwright.sync_api import Browser

from metering.domain.billing.tariffs import version_of
from metering.domain.billing.written import written
from metering.store.tariffs import add_versions
from tests.e2e.conftest import DESKTOP, PHONE, Site, Watched, new_context
from tests.integration.conftest import serving
from tests.lib.sample_tariffs import spec

pytestmark = [pytest.mark.stack, pytest.mark.browser]

SCREENSHOTS = Path(__file__).parents[2] / "build" / "screenshots"
MOBILE = spec("mobile", unit="1000000", price={"model": "per_unit", "price": "0.10"})


@pytest.fixture(scope="module", autouse=True)
def tariffs(site: Site) -> None:
    """Two tariffs, one in two versions; an operator beside the viewer."""
    later = MOBILE | {"valid_from": "2099-01-01T00:00:00Z", "price": {"model": "flat", "fee": "9.99"}}
    with site.connection.cursor() as cursor:
        add_versions(cursor, [version_of(one) for one in (MOBILE, later, spec("handling", "volume"))], "test")


def amount(watched: Watched, place: str) -> Decimal:
    return Decimal(watched.page.locator(f"{place} data").first.get_attribute("value") or "")


def test_from_a_tariff_to_a_what_if_and_its_csv(watched: Watched, tmp_path: Path) -> None:
    watched.open("/")
    watched.page.get_by_role("navigation", name="Pages").get_by_role("link", name="Tariffs").click()
    watched.page.wait_for_url("**/tariffs")
    assert watched.page.get_by_role("link", name="Add a version").count() == 0  # this is a viewer
    watched.page.locator("#figures").get_by_role("link", name="mobile").first.click()
    watched.page.wait_for_url("**/tariffs/mobile")
    watched.page.get_by_role("link", name="What if").last.click()
    watched.page.wait_for_url("**/what-if?candidate=**")
    assert amount(watched, "#difference") == 0

    watched.page.get_by_text("The candidate").click()
    field = watched.page.get_by_label("Text", exact=True)
    field.fill(field.input_value().replace('"0.1"', '"0.2"'))
    watched.page.get_by_role("button", name="Compare").click()
    watched.page.wait_for_url("**0.2**")

    assert amount(watched, "#new") > amount(watched, "#old") > 0
    with watched.page.expect_download() as download:
        watched.page.locator("#csv").click()
    download.value.save_as(tmp_path / "what-if.csv")
    with (tmp_path / "what-if.csv").open(newline="") as file:
        assert sum(Decimal(row["new"]) for row in csv.DictReader(file)) == amount(watched, "#new")


def test_another_limit_is_tried_and_followed_to_the_hours(watched: Watched) -> None:
    watched.open("/tariffs")
    watched.page.get_by_role("link", name="What if, quotas").click()
    watched.page.wait_for_url("**/what-if/quota")
    watched.page.get_by_label("Limit").fill("1")
    watched.page.get_by_role("button", name="Try").click()
    watched.page.wait_for_url("**hourly=1**")

    assert watched.value("#users-then") > 0
    watched.page.locator("#figures tbody a").first.click()
    watched.page.wait_for_url("**show=hours**")
    assert watched.page.locator("#figures tbody tr").count() > 0


def test_an_operator_sees_every_fault_and_adds_a_version(chromium: Browser, site: Site) -> None:
    url = site.connection.info.dsn_parameters | {"password": site.connection.info.password}
    address = "postgresql://{user}:{password}@{host}:{port}/{dbname}".format(**url)
    serving(address, "accounts", "create", "otto", "--role", "operator", "--no-password")
    link = urlsplit(serving(address, "accounts", "link", "otto").stdout.strip())
    with closing(chromium.new_context(viewport=PHONE)) as context:
        watched = Watched(context.new_page(), site)
        watched.open(f"{link.path}?{link.query}")
        watched.open("/tariffs")
        watched.page.get_by_role("link", name="Add a version").click()
        watched.page.wait_for_url("**/tariffs/versions/add")
        field = watched.page.get_by_label("Text", exact=True)
        good = field.input_value()
        field.fill(good.replace('"EUR"', '"euro"').replace('"month"', '"week"'))
        watched.page.get_by_role("button", name="Add").click()
        watched.page.get_by_role("alert").wait_for()
        assert watched.page.get_by_role("alert").locator("li").count() == 2

        watched.page.get_by_label("Text", exact=True).fill(good)
        watched.page.get_by_role("button", name="Add").click()
        watched.page.wait_for_url("**/tariffs/mobile-basic")


@pytest.mark.parametrize("size", [DESKTOP, PHONE], ids=lambda size: str(size["width"]))
@pytest.mark.parametrize(("name", "path"), [
    ("tariffs", "/tariffs"), ("tariff", "/tariffs/mobile"), ("what-if-form", "/what-if"),
    ("what-if", "/what-if?candidate={candidate}"), ("quota-what-if", "/what-if/quota?hourly=1"),
    ("quota-what-if-hours", "/what-if/quota?hourly=1&show=hours")])
def test_the_pages_fit_and_the_browser_does_not_complain(
    chromium: Browser, site: Site, signed_in: dict, name: str, path: str, size: dict
) -> None:

    with closing(new_context(chromium, signed_in, viewport=size)) as context:
        opened = Watched(context.new_page(), site)
        opened.open(path.format(candidate=quote(written(version_of(MOBILE)))))

        too_wide = opened.page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        SCREENSHOTS.mkdir(parents=True, exist_ok=True)
        opened.page.screenshot(path=SCREENSHOTS / f"{name}-{size['width']}-light.png", full_page=True)

        assert too_wide == 0
        assert opened.complaints == []
