"""Loopback ports: chosen once, remembered in the home, chosen again only if someone took them."""

from __future__ import annotations

import json
import random
import socket
from pathlib import Path

LOOPBACK = "127.0.0.1"
# Below the range that Linux and macOS hand out to outgoing connections, so that no client
# of anyone takes a remembered port while its service is down.
LOWEST, HIGHEST = 20_000, 32_000


class Ports:
    """The ports of one home, kept in a JSON file of `name: port`."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def remembered(self, name: str) -> int | None:
        """The port chosen for `name` before; None if there is none."""
        return self._read().get(name)

    def settle(self, name: str) -> int:
        """The remembered port if it is free, else a new one, remembered. Call it before a start only."""
        known = self._read()
        if name in known and is_free(known[name]):
            return known[name]
        known[name] = free_port(avoid=set(known.values()))
        fresh = self._path.with_suffix(".new")
        fresh.write_text(json.dumps(known, indent=1) + "\n", encoding="utf-8")
        fresh.replace(self._path)
        return known[name]

    def _read(self) -> dict[str, int]:
        try:
            return dict(json.loads(self._path.read_text(encoding="utf-8")))
        except (FileNotFoundError, ValueError):
            return {}


def is_free(port: int) -> bool:
    """Whether a service may listen on this loopback port now."""
    with socket.socket() as probe:
        # As servers do: a port whose old connections only linger counts as free.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((LOOPBACK, port))
        except OSError:
            return False
    return True


def free_port(avoid: set[int]) -> int:
    """A free loopback port outside `avoid`."""
    candidates = random.SystemRandom().sample(range(LOWEST, HIGHEST), k=HIGHEST - LOWEST)
    return next(port for port in candidates if port not in avoid and is_free(port))


def accepts(port: int, wait_s: float = 1.0) -> bool:
    """Whether something accepts connections on this loopback port."""
    try:
        socket.create_connection((LOOPBACK, port), timeout=wait_s).close()
    except OSError:
        return False
    return True
