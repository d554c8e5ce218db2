"""The site as it runs: gunicorn, static files, one-time link, stopping."""

from __future__ import annotations

import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from http.cookiejar import CookieJar
from pathlib import Path
from urllib.error import HTTPError, URLError
from urllib.request import HTTPCookieProcessor, OpenerDirector, build_opener, urlopen

import pytest

from metering.settings import child_environment
from tests.integration.conftest import SECRET, serving

pytestmark = pytest.mark.stack

LIMIT_S = 60


@pytest.fixture(scope="module")
def port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        return int(listening.getsockname()[1])


@pytest.fixture(scope="module")
def process(database_url: str, port: int, tmp_path_factory: pytest.TempPathFactory) -> Iterator[subprocess.Popen]:
    home: Path = tmp_path_factory.mktemp("home")
    environment = child_environment(DATABASE_URL=database_url, SECRET_KEY=SECRET, LAMBDAMETER_HOME=str(home))
    with (home / "log").open("wb") as log:
        running = subprocess.Popen(
            [sys.executable, "-m", "serving", "--port", str(port)], env=environment, stderr=log)
    try:
        _wait_until_ready(port)
        yield running
    finally:
        running.kill()
        running.wait()


def _wait_until_ready(port: int) -> None:
    until = time.monotonic() + LIMIT_S
    while True:
        try:
            urlopen(f"http://127.0.0.1:{port}/readyz", timeout=5).close()
            return
        except URLError:
            if time.monotonic() > until:
                raise
            time.sleep(0.1)  # between two looks, not instead of one


@pytest.fixture(scope="module")
def browser(process: subprocess.Popen, database_url: str, port: int) -> OpenerDirector:
    """Someone who followed a one-time link."""
    serving(database_url, "accounts", "create", "ana", "--role", "viewer", "--no-password")
    link = serving(database_url, "accounts", "link", "ana", "--port", str(port)).stdout.strip()
    opener = build_opener(HTTPCookieProcessor(CookieJar()))
    opener.open(link, timeout=20).close()
    return opener


def test_the_link_leads_to_the_overview(browser: OpenerDirector, port: int) -> None:
    with browser.open(f"http://127.0.0.1:{port}/", timeout=20) as page:
        assert page.url == f"http://127.0.0.1:{port}/"


def test_static_files_are_our_own_hashed_and_kept_for_ever(browser: OpenerDirector, port: int) -> None:
    with browser.open(f"http://127.0.0.1:{port}/api/v1/docs", timeout=20) as page:
        files = re.findall(r'(?:src|href)="(/[^"]+)"', page.read().decode())

    assert files
    for file in files:
        assert re.search(r"\.[0-9a-f]{12}\.", file), file
        with urlopen(f"http://127.0.0.1:{port}{file}", timeout=20) as answer:
            assert "immutable" in answer.headers["Cache-Control"]


def test_a_strangers_page_is_the_sign_in(process: subprocess.Popen, port: int) -> None:
    with urlopen(f"http://127.0.0.1:{port}/usage", timeout=20) as page:
        assert page.url == f"http://127.0.0.1:{port}/sign-in?next=/usage"


def test_nothing_tells_a_stack_trace(process: subprocess.Popen, port: int) -> None:
    with pytest.raises(HTTPError) as refused:
        urlopen(f"http://127.0.0.1:{port}/no-such-page", timeout=20)

    assert refused.value.code == 404
    assert b"Traceback" not in refused.value.read()


def test_a_taken_port_is_told(process: subprocess.Popen, database_url: str, port: int) -> None:
    second = serving(database_url, "--port", str(port))

    assert second.returncode == 2
    assert f"--port={port}: Address already in use" in second.stderr


def test_sigterm_ends_it_with_0(process: subprocess.Popen, browser: OpenerDirector) -> None:
    process.send_signal(signal.SIGTERM)

    assert process.wait(timeout=30) == 0
