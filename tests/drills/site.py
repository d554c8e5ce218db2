"""The site of a scene, running beside the layers, asked as a signed-in person and as a program."""

from __future__ import annotations

import socket
import time
from dataclasses import dataclass
from http.client import HTTPException
from http.cookiejar import CookieJar
from urllib.error import HTTPError
from urllib.request import HTTPCookieProcessor, OpenerDirector, Request, build_opener

from tests.integration.conftest import SECRET, serving
from tests.lib.layers import Deployment
from tests.lib.running import Running, until

_PATIENCE_S = 20.0
_MACHINES = ("/api/", "/metrics")


@dataclass(frozen=True)
class Answer:
    """What a request brought: status 0 where none came in time, with the reason as `text`."""

    status: int
    text: str
    seconds: float


@dataclass(frozen=True)
class Site:
    """`python -m serving` of a deployment, with someone signed in and a token."""

    running: Running
    address: str
    person: OpenerDirector
    token: str

    def ask(self, path: str, within_s: float = _PATIENCE_S) -> Answer:
        """GET a path: machines' paths with the token, others as the person."""
        request = Request(self.address + path)
        if path.startswith(_MACHINES):
            request.add_header("Authorization", f"Bearer {self.token}")
        began = time.monotonic()
        try:
            with self.person.open(request, timeout=within_s) as answer:
                found = answer.status, answer.read().decode()
        except HTTPError as refused:
            found = refused.code, refused.read().decode()
        except (OSError, HTTPException) as silent:
            found = 0, f"no answer: {silent}"
        return Answer(*found, round(time.monotonic() - began, 2))

    def wait_until_ready(self) -> None:
        """Wait until it says that it can serve."""
        until(lambda: self.ask("/readyz").status == 200, "the site is ready")


def start_site(layers: Deployment) -> Site:
    """Start it, make an account and a token, and sign in."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port = listening.getsockname()[1]
    running = layers.start("serving", "--port", str(port), SECRET_KEY=SECRET)
    token = serving(layers.database_url, "tokens", "create", "drill", "--role", "viewer").stdout.split()[-1]
    serving(layers.database_url, "accounts", "create", "drill", "--role", "viewer", "--no-password")
    person = build_opener(HTTPCookieProcessor(CookieJar()))
    site = Site(running, f"http://127.0.0.1:{port}", person, token)
    site.wait_until_ready()
    link = serving(layers.database_url, "accounts", "link", "drill", "--port", str(port)).stdout.strip()
    person.open(link, timeout=_PATIENCE_S).close()
    return site
