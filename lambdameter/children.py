"""The processes a command starts: each in its own session, its words in a log file, all ended together."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from metering.domain.errors import LambdameterError
from metering.settings import child_environment

_TAIL_LINES = 12
_STOP_WITHIN_S = 40.0


@dataclass
class Child:
    """A running process and where it writes."""

    name: str
    process: subprocess.Popen[bytes]
    log: Path


class ChildFailed(LambdameterError):
    """A process that should have gone on has ended, or one that should have done its work failed."""


class Children:
    """Starts `python -m …` programs in one environment. Use as a context: leaving it stops all of them."""

    def __init__(self, logs: Path, environment: dict[str, str]) -> None:
        self._logs, self._environment = logs, environment
        self._running: list[Child] = []
        logs.mkdir(parents=True, exist_ok=True)

    def start(self, name: str, *command: str) -> Child:
        """Start a program that goes on until it is stopped."""
        log = self._logs / f"{name}.log"
        with log.open("ab") as output:
            process = subprocess.Popen(
                [sys.executable, "-m", *command], stdin=subprocess.DEVNULL, stdout=output, stderr=output,
                env=child_environment(**self._environment), start_new_session=True)
        child = Child(name, process, log)
        self._running.append(child)
        return child

    def run(self, name: str, *command: str, stdin: str | None = None) -> str:
        """Run a program to its end; its standard output. Raises ChildFailed with the tail of what it said."""
        log = self._logs / f"{name}.log"
        with log.open("ab") as errors:
            done = subprocess.run(
                [sys.executable, "-m", *command], input=(stdin or "").encode(), stdout=subprocess.PIPE,
                stderr=errors, env=child_environment(**self._environment), check=False)
        if done.returncode:
            raise ChildFailed(f"{name} ended with status {done.returncode}:\n{tail(log)}")
        return done.stdout.decode()

    def wait(self, child: Child) -> None:
        """Wait for a program that ends by itself; the others must go on meanwhile."""
        while child.process.poll() is None:
            self.check(but=child)
            time.sleep(0.2)
        self._running.remove(child)
        if child.process.returncode:
            raise ChildFailed(f"{child.name} ended with status {child.process.returncode}:\n{tail(child.log)}")

    def check(self, but: Child | None = None) -> None:
        """Raise ChildFailed where a program has ended that should go on."""
        for child in self._running:
            if child is not but and child.process.poll() is not None:
                raise ChildFailed(f"{child.name} ended with status {child.process.returncode}:\n{tail(child.log)}")

    def __enter__(self) -> Children:
        return self

    def __exit__(self, *exception: object) -> None:
        self.stop()

    def stop(self) -> None:
        """Ask all to stop at once, wait, and kill what does not. A second call finds nothing to do."""
        for child in self._running:
            _signal(child, signal.SIGTERM)
        until = time.monotonic() + _STOP_WITHIN_S
        for child in self._running:
            try:
                child.process.wait(max(0.1, until - time.monotonic()))
            except subprocess.TimeoutExpired:
                print(f"{child.name} does not stop; killed", file=sys.stderr)
            # A child's own children (a JVM, Python workers) share its group.
            _signal(child, signal.SIGKILL)
        self._running.clear()


def _signal(child: Child, number: signal.Signals) -> None:
    with suppress(ProcessLookupError, PermissionError):
        if number is signal.SIGKILL:
            os.killpg(child.process.pid, number)
        elif child.process.poll() is None:
            child.process.send_signal(number)


def tail(log: Path, lines: int = _TAIL_LINES) -> str:
    """The last lines of a log."""
    found = log.read_text(encoding="utf-8", errors="replace").splitlines()
    return "\n".join(f"    {line[:300]}" for line in found[-lines:])
