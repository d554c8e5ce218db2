"""The administrator ends an account and a token in a browser."""

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


@pytest.mark.parametrize("size", [DESKTOP, PHONE], ids=lambda size: str(size["width"]))
def test_an_administrator_ends_people_and_tokens(chromium: Browser, site: Site, size: dict) -> None:
    url = site.connection.info.dsn_parameters | {"password": site.connection.info.password}
    address = "postgresql://{user}:{password}@{host}:{port}/{dbname}".format(**url)
    for name, role in (("root", "admin"), (f"leaving{size['width']}", "viewer")):
        serving(address, "accounts", "create", name, "--role", role, "--no-password")
    serving(address, "tokens", "create", "grafana", "--role", "viewer")
    link = urlsplit(serving(address, "accounts", "link", "root").stdout.strip())

    with closing(chromium.new_context(viewport=size)) as context:
        opened = Watched(context.new_page(), site)
        opened.open(f"{link.path}?{link.query}")
        opened.open("/people")
        page = opened.page
        page.get_by_role("button", name=f"End leaving{size['width']}").click()
        page.get_by_role("button", name="End token").first.click()
        page.wait_for_url("**/people")
        SCREENSHOTS.mkdir(parents=True, exist_ok=True)
        page.screenshot(path=SCREENSHOTS / f"people-{size['width']}-light.png", full_page=True)

        assert page.get_by_role("button", name=f"End leaving{size['width']}").count() == 0
        assert page.get_by_role("button", name="End token").count() == 0
        too_wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        assert too_wide == 0
        assert opened.complaints == []
