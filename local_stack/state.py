"""The home: the one folder that holds all state of a local stack."""

from __future__ import annotations

import fcntl
import os
import secrets
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from local_stack.ports import Ports
from metering.domain.errors import BadSettings
from metering.settings import read_env_file


class Home:
    """Paths and kept values under one folder: `run/`, `log/`, `secrets/`, a folder a service, `stack.env`."""

    def __init__(self, folder: Path | str) -> None:
        self.folder = Path(folder).absolute()
        # Kafka reads a comma as a list of folders, and both would end a line of their settings.
        if any(sign in str(self.folder) for sign in ",\n\\"):
            raise BadSettings([f"LAMBDAMETER_HOME={str(self.folder)!r}: want no comma or backslash"])
        self.ports = Ports(self.folder / "run" / "ports.json")
        self.stack_env = self.folder / "stack.env"

    def make(self) -> None:
        """Make the folders, for the owner only. Repeating it changes nothing."""
        try:
            self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            for name in ("run", "log", "secrets"):
                (self.folder / name).mkdir(exist_ok=True, mode=0o700)
        except OSError as error:
            raise BadSettings([f"LAMBDAMETER_HOME={str(self.folder)!r}: {error.strerror}"]) from error

    def log(self, name: str) -> Path:
        return self.folder / "log" / f"{name}.log"

    def pid_file(self, name: str) -> Path:
        return self.folder / "run" / f"{name}.pid"

    def secret(self, name: str) -> str:
        """A secret of 64 letters and digits, made at the first call and the same ever after."""
        path = self.folder / "secrets" / name
        if not path.exists():
            write_private(path, secrets.token_hex(32))
        return path.read_text(encoding="utf-8")

    def secret_path(self, name: str) -> Path:
        """The file of a secret, for programs that read a password from a file."""
        self.secret(name)
        return self.folder / "secrets" / name

    def write_env(self, values: Mapping[str, str]) -> None:
        """Lay `values` over stack.env, whole or not at all; lines of others stay."""
        merged = {**read_env_file(self.stack_env), **values}
        write_private(self.stack_env, "".join(f"{name}={value}\n" for name, value in merged.items()))

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Holds off every other `up` and `down` of this home."""
        self.make()
        with (self.folder / "run" / "lock").open("w") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            yield


def write_private(path: Path, text: str) -> None:
    """Write a file that only its owner may read, whole or not at all."""
    fresh = path.with_name(f".{path.name}.{os.getpid()}")
    descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        os.fchmod(descriptor, 0o600)
        file.write(text)
        file.flush()
        os.fsync(descriptor)
    fresh.replace(path)
