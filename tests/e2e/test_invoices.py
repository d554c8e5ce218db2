"""A person finds an invoice, folds a line out, follows an hour to its passport, takes the bill away as CSV and PDF."""

from __future__ import annotations

import csv
from contextlib import closing
from datetime import timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from tests.e2e.conftest import DESKTOP, PHONE, Site, Watched, new_context
from tests.lib.pdf_text import pdf_pages
from tests.lib.sample_invoices import Rated, rate, write_invoice
from tests.lib.sample_rows import USERS

pytestmark = [pytest.mark.stack, pytest.mark.browser]

SCREENSHOTS = Path(__file__).parents[2] / "build" / "screenshots"


@pytest.fixture(scope="module", autouse=True)
def invoiced(site: Site) -> None:
    """Yesterday is invoiced to one user by two tariffs; this month is a draft of two."""
    today = site.now.date()
    yesterday, month = today - timedelta(days=1), today.replace(day=1)
    hours = {number: (Decimal(10**9 + number), Decimal("0.050000000001") * (number + 1)) for number in range(24)}
    daily = Rated("daily", "user_bytes", USERS[0], yesterday, today, hours, Decimal("1.25"), Decimal("-0.000000000300"))
    extra = Rated("extra", "user_bytes", USERS[0], yesterday, today, {5: (Decimal(7), Decimal("0.3"))})
    following = (month + timedelta(days=32)).replace(day=1)
    drafts = [Rated("basic", "user_bytes", user, month, following, hours) for user in USERS[:2]]
    with site.connection.cursor() as cursor:
        cursor.execute("BEGIN")
        rate(cursor, daily, extra, *drafts)
        write_invoice(cursor, "INV-000001", daily, extra)
        cursor.execute("COMMIT")


def amounts(watched: Watched, place: str) -> list[Decimal]:
    return [Decimal(cell.get_attribute("value") or "") for cell in watched.page.locator(f"{place} data").all()]


def test_an_invoice_is_found_folded_out_and_followed_to_an_hours_passport(watched: Watched) -> None:
    watched.open("/")
    watched.page.get_by_role("navigation", name="Pages").get_by_role("link", name="Invoices").click()
    watched.page.wait_for_url("**/invoices")
    assert watched.page.locator("#figures tbody tr").count() == 3
    watched.page.get_by_role("navigation", name="State").get_by_role("link", name="Final").click()
    watched.page.wait_for_url("**state=final**")
    watched.page.get_by_role("link", name="INV-000001").click()
    watched.page.wait_for_url("**/invoices/INV-000001")

    [foot] = amounts(watched, "#foot")
    assert sum(amounts(watched, "#lines tbody .cost")) == foot == amounts(watched, "#total")[0]
    watched.page.get_by_role("link", name="24 hours").click()
    watched.page.wait_for_url("**line=1**")
    assert sum(amounts(watched, "#hours tbody .cost")) == amounts(watched, "#lines tbody tr:first-child .number")[2]
    watched.page.locator("#hours tbody a").nth(12).click()
    watched.page.wait_for_url("**/proof/**")

    assert watched.page.locator("main").inner_text().count("devices")


def test_a_customer_is_picked_by_the_form_and_a_draft_is_no_invoice(watched: Watched) -> None:
    watched.open("/invoices")
    watched.page.get_by_placeholder("Only customer").fill(USERS[1])
    watched.page.get_by_placeholder("2026-10 or a day").fill(f"{watched.site.now:%Y-%m}")
    watched.page.get_by_role("button", name="Filter").click()
    watched.page.wait_for_url("**customer=**")
    assert watched.page.locator("#figures tbody tr").count() == 1

    watched.page.get_by_role("link", name="draft", exact=True).click()
    watched.page.wait_for_url("**/invoices/draft**")

    assert watched.page.locator("h1").inner_text().startswith("Draft invoice")
    assert watched.page.locator(".tiles .mark-provisional").count() == 1
    assert watched.page.locator("#hours tbody tr").count() == 24  # the only line is folded out


def test_csv_and_pdf_are_taken_away_with_the_same_total(watched: Watched, tmp_path: Path) -> None:
    watched.open("/invoices/INV-000001")
    [foot] = amounts(watched, "#foot")

    with watched.page.expect_download() as download:
        watched.page.locator("#csv").click()
    download.value.save_as(tmp_path / "invoice.csv")
    pdf = watched.page.request.get(watched.site.address + "/invoices/INV-000001?format=pdf")

    with (tmp_path / "invoice.csv").open(newline="") as file:
        *parts, total = csv.DictReader(file)
    assert sum(Decimal(part["amount"]) for part in parts) == Decimal(total["amount"]) == foot
    pieces = [piece for page in pdf_pages(pdf.body()) for piece in page]
    assert Decimal(pieces[pieces.index("Total") + 1].removesuffix(" EUR")) == foot


@pytest.mark.parametrize("size", [DESKTOP, PHONE], ids=lambda size: str(size["width"]))
@pytest.mark.parametrize(("name", "path"), [
    ("invoices", "/invoices"), ("invoices-none", "/invoices?customer=nobody"),
    ("invoice", "/invoices/INV-000001?line=1"),
    ("draft", "/invoices/draft?customer=" + USERS[1] + "&currency=EUR&period={month}")])
def test_the_pages_fit_and_the_browser_does_not_complain(
    chromium: Browser, site: Site, signed_in: dict, name: str, path: str, size: dict
) -> None:
    with closing(new_context(chromium, signed_in, viewport=size)) as context:
        opened = Watched(context.new_page(), site)
        opened.open(path.format(month=f"{site.now:%Y-%m}"))

        too_wide = opened.page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        SCREENSHOTS.mkdir(parents=True, exist_ok=True)
        opened.page.screenshot(path=SCREENSHOTS / f"{name}-{size['width']}-light.png", full_page=True)

        assert too_wide == 0
        assert opened.complaints == []
