"""A real browser before the real site: gunicorn on a free port, a migrated database with three days of rows."""

from __future__ import annotations

import socket
import sys
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

import psycopg2
import pytest
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, sync_playwright
from psycopg2.extensions import connection as Connection

from metering.settings import child_environment
from tests.integration.conftest import SECRET, database, migrated_template, server_url, serving
from tests.lib.chromium import FLAGS, find_chromium
from tests.lib.running import Running, until
from tests.lib.sample_load import fill_load
from tests.lib.sample_machines import fill_machines
from tests.lib.sample_model import insert_model
from tests.lib.sample_plays import insert_plays, plays
from tests.lib.sample_rows import fill

__all__ = ["migrated_template", "server_url"]

NAME, PASSWORD = "ana", "correct horse battery staple"
DESKTOP, PHONE = {"width": 1280, "height": 800}, {"width": 390, "height": 844}


@dataclass
class Site:
    """The running site, and what its database holds."""

    address: str
    connection: Connection
    now: datetime

    def one(self, statement: str, *parameters: object) -> int:
        """The single number that a statement gives."""
        with self.connection.cursor() as cursor:
            cursor.execute(statement, parameters)
            return int(cursor.fetchone()[0] or 0)


@dataclass
class Watched:
    """A page of the browser with all that it complained about: errors on its console, policy violations, crashes."""

    page: Page
    site: Site
    complaints: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.page.on("console", self._heard)
        self.page.on("pageerror", lambda error: self.complaints.append(f"{self.page.url}: {error}"))
        self.page.on("requestfailed", lambda request: self.complaints.append(f"{request.url}: {request.failure}"))

    def _heard(self, message: ConsoleMessage) -> None:
        if message.type in ("error", "warning"):
            self.complaints.append(f"{self.page.url}: {message.text}")

    def open(self, path: str, status: int = 200) -> None:
        """Go to an address of the site and wait until its charts are drawn."""
        answer = self.page.goto(self.site.address + path)
        assert answer and answer.status == status, path
        self.drawn()

    def drawn(self) -> None:
        self.page.wait_for_load_state("load")
        if self.page.locator("[data-chart]").count():
            self.page.locator("[data-chart] .bk-Figure").wait_for()

    def value(self, place: str) -> int:
        """The exact number that a short one stands for."""
        return int(self.page.locator(f"{place} data").first.get_attribute("value") or "")


@pytest.fixture(scope="package")
def chromium() -> Iterator[Browser]:
    """A real browser. It ends with this folder's tests: while it lives, its driver's event loop counts as running."""
    found = find_chromium()
    if not found:
        pytest.skip("no Chromium: neither LAMBDAMETER_CHROMIUM nor PATH names one")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=found, args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def site(server_url: str, migrated_template: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    now = datetime.now(UTC)
    home = tmp_path_factory.mktemp("site")
    with database(server_url, migrated_template) as url, closing(psycopg2.connect(url)) as connection:
        fill(connection, now)
        fill_load(connection, fill_machines(connection, now), now)
        insert_plays(connection, plays(2_000, 5, now - timedelta(days=3), now))
        insert_model(connection)
        connection.autocommit = True
        made = serving(url, "accounts", "create", NAME, "--role", "viewer", "--password-stdin", given=PASSWORD.encode())
        assert made.returncode == 0, made.stderr
        port = _free_port()
        environment = child_environment(DATABASE_URL=url, SECRET_KEY=SECRET, LAMBDAMETER_HOME=str(home))
        running = Running([sys.executable, "-m", "serving", "--port", str(port)], environment, home / "site.log")
        try:
            until(lambda: _ready(port), f"the site on port {port}", within_s=90)
            yield Site(f"http://127.0.0.1:{port}", connection, now)
        finally:
            running.kill()


@pytest.fixture(scope="module")
def signed_in(chromium: Browser, site: Site) -> Path | dict:
    """The state of a browser in which a person has signed in through the form."""
    with closing(chromium.new_context()) as context:
        page = context.new_page()
        page.goto(site.address + "/usage")
        page.get_by_label("Name").fill(NAME)
        page.get_by_label("Password").fill(PASSWORD)
        page.get_by_role("button", name="Sign in").click()
        page.wait_for_url("**/usage")
        return context.storage_state()


@pytest.fixture
def watched(chromium: Browser, site: Site, signed_in: dict) -> Iterator[Watched]:
    """A signed-in page at desktop size; the test fails where the browser complained."""
    with closing(new_context(chromium, signed_in)) as context:
        opened = Watched(context.new_page(), site)
        yield opened
        assert opened.complaints == []


def new_context(browser: Browser, state: dict, **options: object) -> BrowserContext:
    """A fresh profile that is signed in. Its zone is not UTC, so that the two cannot be mixed up."""
    given = {"viewport": DESKTOP, "timezone_id": "Asia/Tokyo", "accept_downloads": True} | options
    return browser.new_context(storage_state=state, **given)  # type: ignore[arg-type]


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        return int(listening.getsockname()[1])


def _ready(port: int) -> bool:
    try:
        with urlopen(f"http://127.0.0.1:{port}/readyz", timeout=5) as answer:
            return bool(answer.status == 200)
    except (URLError, TimeoutError):
        return False
