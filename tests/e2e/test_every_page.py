"""Every page, wide and narrow, light and dark: no complaint of the browser, nothing wider than the screen."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from tests.e2e.conftest import DESKTOP, PHONE, Site, Watched, new_context

pytestmark = [pytest.mark.stack, pytest.mark.browser]

SCREENSHOTS = Path(__file__).parents[2] / "build" / "screenshots"
PAGES = {
    "overview": "/",
    "usage": "/usage",
    "usage-week": "/usage?from=now-3d&to=now&compare=previous&by=app",
    "usage-over-time": "/usage?show=times&granularity=hour&tz=Europe/Berlin",
    "usage-empty": "/usage?from=2020-01-01&to=2020-01-02",
    "quotas": "/quotas",
    "services": "/services",
    "services-over-time": "/services?show=times&granularity=hour&tz=Europe/Berlin",
    "services-empty": "/services?from=2020-01-01&to=2020-01-02",
    "machines": "/machines",
    "machine": "/machines/web-1",
    "billing-empty": "/billing?from=2020-01-01&to=2020-01-02",
    "events": "/events?from=now-2d&q=springfield&level=GOLD&level=FREE",
    "events-columns": "/events?column=timestamp&column=name&column=address&column=features&column=linked_with_apps",
    "offers": "/offers",
    "alerts": "/alerts",
    "dashboards": "/dashboards",
    "dashboard": "/dashboards/1",
    "proof": "/proof",
    "proof-of-a-stream": "/proof?stream=resource_usage",
    "passport": "/proof/{hour}",
    "passport-of-a-stream": "/proof/{hour}?stream=resource_usage",
    "dead-letters": "/dead-letters",
    "gaps": "/gaps?acknowledged=any",
    "health": "/health",
}


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", [DESKTOP, PHONE], ids=lambda size: str(size["width"]))
@pytest.mark.parametrize("name", PAGES)
def test_a_page_fits_and_the_browser_does_not_complain(
    chromium: Browser, site: Site, signed_in: dict, name: str, size: dict, scheme: str
) -> None:
    with closing(new_context(chromium, signed_in, viewport=size, color_scheme=scheme)) as context:
        opened = Watched(context.new_page(), site)
        opened.open(PAGES[name].format(hour=f"{site.now:%Y-%m-%dT%H}"))

        too_wide = opened.page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        SCREENSHOTS.mkdir(parents=True, exist_ok=True)
        opened.page.screenshot(path=SCREENSHOTS / f"{name}-{size['width']}-{scheme}.png", full_page=True)

        assert too_wide == 0
        assert opened.complaints == []


def test_a_stranger_sees_the_form_and_nothing_else(chromium: Browser, site: Site) -> None:
    with closing(chromium.new_context(viewport=PHONE)) as context:
        opened = Watched(context.new_page(), site)
        opened.open("/proof")
        SCREENSHOTS.mkdir(parents=True, exist_ok=True)
        opened.page.screenshot(path=SCREENSHOTS / "sign-in-390-light.png")

        assert "/sign-in?next=/proof" in opened.page.url
        assert opened.page.locator("nav").count() == 0
        assert opened.complaints == []
