"""Processes of their own session: started detached, known by PID and time of birth, signalled as a tree."""

from __future__ import annotations

import signal
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path

import psutil

POLL_S = 0.02
BOOT_ID = Path("/proc/sys/kernel/random/boot_id")

_children: dict[int, subprocess.Popen[bytes]] = {}
"""What this process started, so that its dead are collected and not left as zombies."""


def start_detached(command: Sequence[str], *, log: Path, environment: Mapping[str, str]) -> int:
    """Start `command` in a session of its own, its output appended to `log`; gives the PID.

    It outlives this process, and a Ctrl-C at the terminal does not reach it.
    """
    with log.open("ab") as output:
        child = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT,
            env=dict(environment), start_new_session=True, cwd="/",
        )  # fmt: skip
    _children[child.pid] = child
    return child.pid


def birth(pid: int) -> str | None:
    """What tells this process from a later one of the same PID; None if there is no living process.

    Linux: boot and clock ticks since then, which no change of the clock moves. Elsewhere: its second.
    """
    if pid in _children:
        _children[pid].poll()
    try:
        process = psutil.Process(pid)
        if process.status() == psutil.STATUS_ZOMBIE:
            return None
        stat = Path(f"/proc/{pid}/stat")
        if not stat.exists():
            return f"{process.create_time():.0f}"
        # The name, in brackets, may hold anything; the fields after it are fixed: the 20th is the start.
        ticks = stat.read_text(errors="replace").rpartition(")")[2].split()[19]
        return f"{BOOT_ID.read_text().strip()}:{ticks}"
    except (psutil.NoSuchProcess, FileNotFoundError, ProcessLookupError):
        return None


class PidFile:
    """Names one process by PID and birth, in two words."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def write(self, pid: int) -> None:
        fresh = self.path.with_suffix(".new")
        fresh.write_text(f"{pid} {birth(pid) or 'dead'}\n", encoding="utf-8")
        fresh.replace(self.path)

    def living(self) -> int | None:
        """The PID, if that very process lives; a PID that another process has by now is None."""
        try:
            word, born = self.path.read_text(encoding="utf-8").split()
            pid = int(word)
        except (FileNotFoundError, ValueError):
            return None
        return pid if birth(pid) == born else None

    def exists(self) -> bool:
        return self.path.exists()

    def remove(self) -> None:
        self.path.unlink(missing_ok=True)


def find(is_wanted: Callable[[list[str]], bool]) -> int | None:
    """The PID of a living process whose arguments are the wanted ones."""
    for process in psutil.process_iter(["cmdline", "status"]):
        arguments = process.info["cmdline"] or []
        if process.info["status"] != psutil.STATUS_ZOMBIE and is_wanted(arguments):
            return int(process.pid)
    return None


def working_in(folder: Path) -> list[int]:
    """The PIDs of the living processes whose working folder this is, of those that may be asked."""
    return [int(one.pid) for one in psutil.process_iter(["cwd"]) if one.info["cwd"] == str(folder)]


def is_frozen(pid: int) -> bool:
    """Whether the process is stopped by SIGSTOP."""
    try:
        return bool(psutil.Process(pid).status() == psutil.STATUS_STOPPED)
    except psutil.NoSuchProcess:
        return False


def signal_tree(pid: int, number: signal.Signals) -> None:
    """Send a signal to a process and all its descendants, the process first."""
    for process in _tree(pid):
        with suppress(psutil.NoSuchProcess):
            process.send_signal(number)


def _tree(pid: int) -> list[psutil.Process]:
    try:
        top = psutil.Process(pid)
        return [top, *top.children(recursive=True)]
    except psutil.NoSuchProcess:
        return []


def end(pid: int, polite: signal.Signals, patience_s: float) -> bool:
    """End a process: the polite signal, a wait, then SIGKILL to its tree. False if it had to be killed."""
    born = birth(pid)
    with suppress(psutil.NoSuchProcess):
        psutil.Process(pid).send_signal(polite)
    signal_tree(pid, signal.SIGCONT)  # a frozen one would never hear the first
    if _gone(pid, born, patience_s):
        return True
    kill(pid)
    return False


def kill(pid: int) -> None:
    """SIGKILL to a process and its descendants; returns when they are gone."""
    tree = {one.pid: birth(one.pid) for one in _tree(pid)}
    signal_tree(pid, signal.SIGKILL)
    for one, born in tree.items():
        _gone(one, born, wait_s=10)


def _gone(pid: int, born: str | None, wait_s: float) -> bool:
    """Wait until that very process is dead. One that its parent never waits for is dead all the same."""
    deadline = time.monotonic() + wait_s
    while born is not None and birth(pid) == born:
        if time.monotonic() > deadline:
            return False
        time.sleep(POLL_S)
    return True


def tail(path: Path, lines: int = 20) -> str:
    """The last lines of a log; empty if there is none."""
    try:
        with path.open("rb") as file:
            file.seek(max(0, path.stat().st_size - 16_384))
            return "\n".join(file.read().decode("utf-8", "replace").splitlines()[-lines:])
    except FileNotFoundError:
        return ""
