"""Where samples go: `tcp://HOST:PORT` (a gateway) or `kafka://HOST:PORT[/TOPIC]`."""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import SplitResult, urlsplit

TCP, KAFKA = "tcp", "kafka"
WANTED = "tcp://HOST:PORT or kafka://HOST:PORT[/TOPIC]"
_TOPIC = re.compile(r"[A-Za-z0-9._-]{1,249}")


class BadTarget(ValueError):
    """A URL that names no target; `faults` says all that is wrong with it."""

    def __init__(self, faults: list[str]) -> None:
        self.faults = faults
        super().__init__("; ".join(faults))


@dataclass(frozen=True)
class Target:
    """A gateway or a Kafka. `topic` is empty where the URL names none."""

    scheme: str
    host: str
    port: int
    topic: str = ""

    @property
    def server(self) -> str:
        """`HOST:PORT`, an IPv6 address in brackets."""
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"

    def __str__(self) -> str:
        return f"{self.scheme}://{self.server}" + (f"/{self.topic}" if self.topic else "")


def read_target(text: str) -> Target:
    """Read a URL. Raises BadTarget.

    >>> read_target("kafka://[::1]:9092/resource_usage").server
    '[::1]:9092'
    """
    try:
        parts = urlsplit(text.strip())
    except ValueError as error:
        raise BadTarget([f"{text!r}: {error}; want {WANTED}"]) from None
    port, fault = _port(parts)
    topic = parts.path.removeprefix("/")
    checks = (
        (parts.scheme in (TCP, KAFKA), f"scheme {parts.scheme!r}" if parts.scheme else "no scheme"),
        (bool(parts.hostname), "no host"),
        (not fault, fault),
        (not (parts.username or parts.password), "a user or password: neither belongs in it"),
        (parts.scheme != TCP or not topic, f"path {parts.path!r}: a gateway has none"),
        (parts.scheme == TCP or not topic or bool(_TOPIC.fullmatch(topic)), f"topic {topic!r}: want A-Z a-z 0-9 . _ -"),
        (not (parts.query or parts.fragment), "text after ? or #: want none"),
    )
    if faults := [said for holds, said in checks if not holds]:
        shown = text if "@" not in text else "(not shown)"
        raise BadTarget([f"{shown!r}: {said}; want {WANTED}" for said in faults])
    return Target(parts.scheme, parts.hostname or "", port, topic)


def _port(parts: SplitResult) -> tuple[int, str]:
    """The port, and what is wrong with it."""
    try:
        port = parts.port
    except ValueError:
        return 0, "port: want 1 to 65535"
    if port is None:
        return 0, "no port"
    return port, "" if port else "port 0: want 1 to 65535"
