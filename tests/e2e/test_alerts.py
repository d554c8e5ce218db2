"""An operator makes a rule and a budget in a browser, follows an alert to its tries, and ends the rule."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser

from tests.e2e.conftest import DESKTOP, PHONE, Site, Watched
from tests.integration.conftest import serving

pytestmark = [pytest.mark.stack, pytest.mark.browser]

SCREENSHOTS = Path(__file__).parents[2] / "build" / "screenshots"


def raise_an_alert(site: Site, subject: str) -> None:
    """One alert of the rule on `subject`, confirmed, its first change tried once."""
    with site.connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO alert (rule, id, period_start, period_end, state, value, threshold, raised_at) "
            "SELECT id, subject, date_trunc('hour', now()), date_trunc('hour', now()) + interval '1 hour', 'raised', "
            "123456789, 120000000, now() - interval '1 minute' FROM alert_rule WHERE subject = %s", (subject,))
        cursor.execute("UPDATE alert SET state = 'confirmed', judged_at = now(), delay_s = 1.25 WHERE id = %s",
                       (subject,))
        cursor.execute("INSERT INTO webhook_delivery (outbox, error) SELECT min(id), 'no answer in time' FROM outbox "
                       "WHERE payload->>'id' = %s", (subject,))


@pytest.mark.parametrize("size", [DESKTOP, PHONE], ids=lambda size: str(size["width"]))
def test_an_operator_keeps_rules_and_follows_an_alert(chromium: Browser, site: Site, size: dict) -> None:
    url = site.connection.info.dsn_parameters | {"password": site.connection.info.password}
    address = "postgresql://{user}:{password}@{host}:{port}/{dbname}".format(**url)
    serving(address, "accounts", "create", "otto", "--role", "operator", "--no-password")
    link = urlsplit(serving(address, "accounts", "link", "otto").stdout.strip())
    subject = f"e2e-{size['width']}"

    with closing(chromium.new_context(viewport=size, accept_downloads=True)) as context:
        opened = Watched(context.new_page(), site)
        page = opened.page
        opened.open(f"{link.path}?{link.query}")
        opened.open("/alerts?show=rules")
        page.get_by_label("At percent").fill("120")
        page.get_by_label("Of", exact=True).fill(subject)
        page.get_by_role("button", name="Add rule").click()
        page.get_by_role("button", name=f"End the rule quota 120 % of {subject}").wait_for()
        page.get_by_label("Customer", exact=True).fill(subject)
        page.get_by_label("Amount").fill("250.5")
        page.get_by_role("button", name="Set budget").click()
        page.get_by_role("button", name=f"Remove the budget of {subject} in EUR").wait_for()
        assert "250.50" in page.locator("#budgets").inner_text()
        _shot(opened, "alert-rules", size)

        raise_an_alert(site, subject)
        page.get_by_label("Table").get_by_role("link", name="Alerts").click()
        row = page.locator("#figures tbody tr", has_text=subject)
        row.wait_for()
        assert "confirmed" in row.inner_text()
        _shot(opened, "alerts", size)
        with page.expect_download() as download:
            page.locator("#csv").click()
        assert subject in Path(download.value.path()).read_text(encoding="utf-8")
        row.get_by_role("link", name="wait").click()
        page.get_by_text("no answer in time").wait_for()
        _shot(opened, "alert-deliveries", size)

        opened.open("/alerts?show=rules")
        page.get_by_role("button", name=f"End the rule quota 120 % of {subject}").click()
        page.wait_for_url("**/alerts?show=rules")
        assert page.get_by_role("button", name=f"End the rule quota 120 % of {subject}").count() == 0
        assert opened.complaints == []


def _shot(opened: Watched, name: str, size: dict) -> None:
    """A picture of the page as it is; nothing on it is wider than the screen."""
    SCREENSHOTS.mkdir(parents=True, exist_ok=True)
    opened.page.screenshot(path=SCREENSHOTS / f"{name}-{size['width']}-light.png", full_page=True)
    too_wide = opened.page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    assert too_wide == 0
