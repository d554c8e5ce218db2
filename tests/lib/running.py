"""Programs of ours in a session of their own: what they say is read from a file, and a kill leaves none of them."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, TypeVar

import psutil

PATIENCE_S = 180.0
"""Longest wait for anything that is bound to come; a Spark process alone takes 10 s to start, more under load."""

_POLL_S = 0.05
_OUR_FRAME = re.compile(r'\s+File ".*/(speed_layer|batch_layer|metering)/(\w+/)?\w+\.py"')
T = TypeVar("T")

Line = dict[str, Any]
"""A line of a layer's log: `event` and its facts."""


def until(found: Callable[[], T], what: str, within_s: float = PATIENCE_S) -> T:
    """The first true answer of `found`. Fails, naming `what`, when none comes in time."""
    deadline = time.monotonic() + within_s
    while not (answer := found()):
        assert time.monotonic() < deadline, f"not within {within_s:.0f} s: {what}"
        time.sleep(_POLL_S)
    return answer


class Running:
    """A started program. Its output goes to `log`, one JSON line a decision."""

    def __init__(self, command: Sequence[str], environment: Mapping[str, str], log: Path) -> None:
        self.log = log
        with log.open("ab") as output:
            self._process = subprocess.Popen(
                command,
                env=dict(environment),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        self.pid = self._process.pid

    @property
    def status(self) -> int | None:
        """The exit status; None while it runs."""
        return self._process.poll()

    @property
    def text(self) -> str:
        return self.log.read_text(encoding="utf-8", errors="replace")

    @property
    def traces(self) -> list[str]:
        """Lines of stack traces through our own code. Spark prints some of its own when it cancels a task."""
        return [line for line in self.text.splitlines() if _OUR_FRAME.match(line)]

    def lines(self, *words: str) -> list[Line]:
        """The lines of its log that hold each of the words."""
        whole = [line for line in self.text.splitlines() if line.startswith("{") and line.endswith("}")]
        return [json.loads(line) for line in whole if all(word in line for word in words)]

    def wait_for(self, *words: str, times: int = 1, within_s: float = PATIENCE_S) -> Line:
        """Wait until `times` lines hold each of the words; gives the last of them. Fails if it ends before."""

        def found() -> list[Line]:
            ended = self.status is not None
            lines = self.lines(*words)
            assert len(lines) >= times or not ended, f"ended with {self.status} before it said {words}:\n{self.text}"
            return lines if len(lines) >= times else []

        return until(found, f"{times} lines with {words} in {self.log}", within_s)[-1]

    def wait(self, within_s: float = PATIENCE_S) -> int:
        """Wait for its end; gives the exit status. One that does not end is killed and fails the test."""
        try:
            return self._process.wait(within_s)
        except subprocess.TimeoutExpired:
            self.kill()
            raise AssertionError(f"did not end within {within_s:.0f} s:\n{self.text[-4000:]}") from None

    def signal(self, number: signal.Signals) -> None:
        """Send a signal to the program alone."""
        self._process.send_signal(number)

    def interrupt(self) -> None:
        """Ctrl-C at a terminal: SIGINT to the whole foreground process group."""
        os.killpg(self.pid, signal.SIGINT)

    def kill(self) -> None:
        """SIGKILL to it and all it started, whatever groups they made, until none is left."""
        while members := _session(self.pid):
            for pid in members:
                with suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
            self._process.poll()
            time.sleep(0.01)
        self._process.wait()


def _session(leader: int) -> list[int]:
    """The living processes of a session."""
    return [pid for pid in psutil.pids() if _session_of(pid) == leader and _lives(pid)]


def _session_of(pid: int) -> int | None:
    with suppress(ProcessLookupError, PermissionError):
        return os.getsid(pid)
    return None


def _lives(pid: int) -> bool:
    try:
        return bool(psutil.Process(pid).status() != psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return False
