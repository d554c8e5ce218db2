"""Named values by rank, and how each kind of setting is read from its text."""

from __future__ import annotations

import re
import stat
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TypeVar
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

T = TypeVar("T")

SECRETS = frozenset({
    "DATABASE_URL", "REDIS_URL", "SECRET_KEY", "KAFKA_SASL_PASSWORD", "LAMBDAMETER_WEBHOOK_URL",
    "LAMBDAMETER_WEBHOOK_SECRET"})
"""Names whose values are never told, not even in a fault."""


class Source:
    """Named values by rank. `take` collects faults instead of raising at the first."""

    def __init__(self, *ranks: Mapping[str, str]) -> None:
        self._ranks = ranks
        self.faults: list[str] = []

    def text(self, name: str) -> str | None:
        for rank in self._ranks:
            if name in rank:
                return rank[name]
            if f"{name}_FILE" in rank:
                return self._from_file(name, rank[f"{name}_FILE"])
        return None

    def _from_file(self, name: str, path: str) -> str | None:
        try:
            return Path(path).read_text(encoding="utf-8").strip()
        except OSError as error:
            self.faults.append(f"{name}_FILE={path!r}: cannot be read ({error.strerror})")
            return None

    def take(self, name: str, default: T, parse: Callable[[str], T], want: str) -> T:
        text = self.text(name)
        if text is None:
            return default
        try:
            return parse(text)
        except ValueError:
            found = "(not shown)" if name in SECRETS else repr(text)
            self.faults.append(f"{name}={found}: want {want}")
            return default

    def require(self, name: str, parse: Callable[[str], str], want: str) -> str:
        text = self.text(name)
        if text is None:
            if not any(fault.startswith(f"{name}_FILE") for fault in self.faults):
                self.faults.append(f"{name} is not set: want {want}")
            return ""
        return self.take(name, "", parse, want)


def positive(text: str) -> float:
    number = float(text)
    if not 0 < number < 86_400:
        raise ValueError(text)
    return number


def whole(low: int, high: int) -> Callable[[str], int]:
    def parse(text: str) -> int:
        number = int(text)
        if not low <= number <= high:
            raise ValueError(text)
        return number

    return parse


def servers(text: str) -> str:
    for server in text.split(","):
        host, colon, port = server.strip().rpartition(":")
        if not (host and colon and port.isdigit() and 0 < int(port) < 65_536):
            raise ValueError(text)
    return ",".join(server.strip() for server in text.split(","))


def hosts(text: str) -> tuple[str, ...]:
    named = tuple(host.strip() for host in text.split(","))
    if not all(named) or "*" in named:
        raise ValueError(text)
    return named


def web_address(text: str) -> str:
    parts = urlsplit(text)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ValueError(text)
    return text.rstrip("/")


def post_address(text: str) -> str:
    """An address to post to, as it stands. Reading the port refuses one that is no port."""
    parts = urlsplit(text)
    named = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    if not named or parts.username is not None or parts.fragment or not text.isascii() or " " in text:
        raise ValueError(text)
    return text


def database_url(text: str) -> str:
    parts = urlsplit(text)
    if parts.scheme not in ("postgresql", "postgres") or not parts.path.strip("/"):
        raise ValueError(text)
    return text


def redis_url(text: str) -> str:
    parts = urlsplit(text)
    if parts.scheme == "unix":
        named = bool(parts.path.strip("/"))
    else:
        # Reading the port refuses one that is no port; the path is the number of a database.
        named = parts.scheme in ("redis", "rediss") and bool(parts.hostname) and parts.port != 0
        named = named and re.fullmatch("/?[0-9]{0,5}", parts.path) is not None
    if not named:
        raise ValueError(text)
    return text


def zone_name(text: str) -> str:
    try:
        return ZoneInfo(text).key
    except (KeyError, OSError) as error:
        raise ValueError(text) from error


def one_of(*choices: str) -> Callable[[str], str]:
    def parse(text: str) -> str:
        if text not in choices:
            raise ValueError(text)
        return text

    return parse


def some(text: str) -> str:
    if not text.strip():
        raise ValueError(text)
    return text


def long_enough(text: str) -> str:
    if len(text) < 32:
        raise ValueError("too short")
    return text


def read_env_file(path: Path) -> dict[str, str]:
    """The `NAME=value` lines of a file; an absent file is empty, comments and blank lines are skipped."""
    if not path.is_file():
        return {}
    lines = (line.strip() for line in path.read_text(encoding="utf-8").splitlines())
    pairs = (line.split("=", 1) for line in lines if line and not line.startswith("#") and "=" in line)
    return {name.strip(): value.strip() for name, value in pairs}


def owner_only(path: Path) -> bool:
    return not path.exists() or not path.stat().st_mode & (stat.S_IRWXG | stat.S_IRWXO)
