"""What every service of the local stack can do, and what each has to say about itself."""

from __future__ import annotations

import signal
import time
from abc import ABC, abstractmethod
from dataclasses import dataclass
from pathlib import Path

from local_stack import processes
from local_stack.state import Home
from metering.domain.errors import ServiceAway
from metering.settings import child_environment
from metering.telemetry import Log

POLL_S = 0.05
log = Log("local_stack")


@dataclass(frozen=True)
class ServiceStatus:
    """How a service is: `fault` is None when it is up, else why it is not."""

    name: str
    address: str
    pid: int | None
    fault: str | None

    @property
    def up(self) -> bool:
        return self.fault is None


class Service(ABC):
    """A server program of this home. Another server is one more subclass, named in stack.py."""

    name: str
    polite = signal.SIGTERM
    ready_within_s = 60.0
    stop_within_s = 20.0

    def __init__(self, home: Home) -> None:
        self.home = home
        self._pid_file = processes.PidFile(home.pid_file(self.name))
        self._started_here = False

    @abstractmethod
    def prepare(self) -> None:
        """Make what the first start needs; repeating it changes nothing."""

    @abstractmethod
    def command(self) -> list[str]:
        """The program and its arguments."""

    @abstractmethod
    def is_mine(self, arguments: list[str]) -> bool:
        """Whether a process with these arguments is this service of this home."""

    @abstractmethod
    def fault(self) -> str | None:
        """Ask the service itself: None if it answers, else what is wrong. Takes 3 s at most."""

    @abstractmethod
    def env(self) -> dict[str, str]:
        """The lines it adds to stack.env."""

    @abstractmethod
    def settle(self) -> None:
        """What is to be done once it answers; repeating it changes nothing."""

    @property
    def port(self) -> int:
        """Its loopback port; 0 before the first start."""
        return self.home.ports.remembered(self.name) or 0

    @property
    def address(self) -> str:
        return f"127.0.0.1:{self.port}"

    @property
    def log_path(self) -> Path:
        return self.home.log(self.name)

    @property
    def pid(self) -> int | None:
        """The PID of the living service; None if it is down."""
        return self._pid_file.living()

    @property
    def crashed(self) -> bool:
        """Whether it went without having been stopped."""
        return self._pid_file.exists() and self.pid is None

    def start(self) -> None:
        """Start it if it is down (`wait_ready` says when it answers). One that runs is left, or thawed."""
        self._started_here = False
        pid = self.pid or self._adopt()
        if pid:
            if processes.is_frozen(pid):
                log.warning(f"{self.name} was frozen; thawing it", pid=pid)
                self.thaw()
            return
        if self.crashed:
            log.warning(f"{self.name} had crashed; starting it again", tail=self.log_tail())
        self.prepare()
        self._rotate_log()
        self.home.ports.settle(self.name)
        self._launch()

    def _launch(self) -> None:
        self._started_here = True
        pid = processes.start_detached(self.command(), log=self.log_path, environment=child_environment())
        self._pid_file.write(pid)

    def _adopt(self) -> int | None:
        """Take back a running service whose PID file was lost or never written."""
        pid = processes.find(self.is_mine)
        if pid:
            self._pid_file.write(pid)
        return pid

    def wait_ready(self) -> None:
        """Wait until it answers. One that ran before and stays silent or ends is started again, once.

        Raises ServiceAway with the tail of its log.
        """
        fault = self._wait_for_answer()
        if fault and not self._started_here:
            log.warning(f"{self.name} {fault}; starting it again")
            self.stop()
            self.start()
            fault = self._wait_for_answer()
        if fault:
            raise ServiceAway(f"{self.name} {fault}; {self.log_tail()}")
        self.settle()

    def _wait_for_answer(self) -> str | None:
        """None once it answers, else why it never will."""
        deadline = time.monotonic() + self.ready_within_s
        while (fault := self.fault()) is not None:
            if self.pid is None:
                return "ended before it answered"
            if time.monotonic() > deadline:
                return f"did not answer within {self.ready_within_s:.0f} s ({fault})"
            time.sleep(POLL_S)
        return None

    def stop(self) -> None:
        """Stop it politely, after `stop_within_s` with SIGKILL. One that is down stays down."""
        pid = self.pid or self._adopt()
        if pid and not processes.end(pid, self.polite, self.stop_within_s):
            log.warning(f"{self.name} did not stop within {self.stop_within_s:.0f} s and was killed", pid=pid)
        self._pid_file.remove()

    def kill(self) -> None:
        """SIGKILL to all its processes, as a crash would."""
        if pid := self.pid:
            processes.kill(pid)

    def freeze(self) -> None:
        """SIGSTOP to all its processes: it holds its ports and answers nothing."""
        if pid := self.pid:
            processes.signal_tree(pid, signal.SIGSTOP)

    def thaw(self) -> None:
        """SIGCONT to all its processes."""
        if pid := self.pid:
            processes.signal_tree(pid, signal.SIGCONT)

    def status(self) -> ServiceStatus:
        """How it is now, asked from the service itself."""
        pid = self.pid
        if pid:
            fault = "frozen" if processes.is_frozen(pid) else self.fault()
        else:
            fault = f"crashed; {self.log_tail()}" if self.crashed else "down"
        return ServiceStatus(self.name, self.address, pid, fault)

    def log_tail(self) -> str:
        """The end of its log, under one line that says where the rest is."""
        return f"the end of {self.log_path}:\n{processes.tail(self.log_path)}"

    def _rotate_log(self) -> None:
        """Keep one former log; a log is for finding out why it ended last time."""
        if self.log_path.exists() and self.log_path.stat().st_size > 5_000_000:
            self.log_path.replace(self.log_path.with_suffix(".log.1"))
