"""A process is known by its PID and the time of its birth, and ends with its whole tree."""

from __future__ import annotations

import signal
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

from local_stack import processes
from metering.settings import child_environment

STUBBORN = """
import signal, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
print("deaf", flush=True)
time.sleep(60)
"""
PARENT = "import subprocess, sys; subprocess.run([sys.executable, '-c', 'import time; time.sleep(60)'])"

Start = Callable[[str], int]


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    """Starts a Python program detached; what still lives at the end is killed."""
    started: list[int] = []

    def run(program: str) -> int:
        log = tmp_path / "log"
        command = [sys.executable, "-c", program]
        started.append(processes.start_detached(command, log=log, environment=child_environment()))
        return started[-1]

    yield run
    for pid in started:
        processes.kill(pid)


def wait_until(holds: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 10
    while not holds():
        assert time.monotonic() < deadline, "did not come true within 10 s"
        time.sleep(0.01)


def test_a_pid_file_names_the_living_process_it_was_written_for(start: Start, tmp_path: Path) -> None:
    pid = start("import time; time.sleep(60)")
    file = processes.PidFile(tmp_path / "a.pid")
    file.write(pid)

    assert file.living() == pid

    processes.kill(pid)
    assert file.living() is None
    assert file.exists()


def test_a_reused_pid_is_not_taken_for_the_process(start: Start, tmp_path: Path) -> None:
    pid = start("import time; time.sleep(60)")
    file = processes.PidFile(tmp_path / "a.pid")
    file.write(pid)
    born = processes.birth(pid)
    assert born is not None
    file.path.write_text(f"{pid} {born[:-1]}X\n")

    assert file.living() is None


def test_a_dead_child_counts_as_dead_though_nobody_waited_for_it(start: Start) -> None:
    pid = start("pass")

    wait_until(lambda: processes.birth(pid) is None)


@pytest.mark.parametrize("text", ["", "12", "a b", "1 2 3"])
def test_a_pid_file_of_rubbish_names_nothing(tmp_path: Path, text: str) -> None:
    (tmp_path / "a.pid").write_text(text)

    assert processes.PidFile(tmp_path / "a.pid").living() is None


def test_a_process_that_hears_the_polite_signal_is_not_killed(start: Start) -> None:
    assert processes.end(start("import time; time.sleep(60)"), signal.SIGTERM, patience_s=5)


def test_a_deaf_process_is_killed_in_the_end(start: Start, tmp_path: Path) -> None:
    pid = start(STUBBORN)
    wait_until(lambda: "deaf" in processes.tail(tmp_path / "log"))

    assert not processes.end(pid, signal.SIGTERM, patience_s=0.2)
    assert processes.birth(pid) is None


def test_a_frozen_process_still_hears_the_polite_signal(start: Start) -> None:
    pid = start("import time; time.sleep(60)")
    processes.signal_tree(pid, signal.SIGSTOP)
    wait_until(lambda: processes.is_frozen(pid))

    assert processes.end(pid, signal.SIGTERM, patience_s=5)


def test_killing_takes_the_descendants_along(start: Start) -> None:
    pid = start(PARENT)
    wait_until(lambda: bool(psutil.Process(pid).children()))
    child = psutil.Process(pid).children()[0].pid

    processes.kill(pid)

    wait_until(lambda: processes.birth(child) is None)


def test_a_process_is_found_by_its_arguments(start: Start) -> None:
    pid = start("import time; time.sleep(60)  # found-me")

    assert processes.find(lambda words: words[-1:] == ["import time; time.sleep(60)  # found-me"]) == pid
    assert processes.find(lambda words: words == ["nobody", "has", "these"]) is None


def test_the_tail_of_a_log_is_its_last_lines(tmp_path: Path) -> None:
    (tmp_path / "log").write_text("".join(f"line {number}\n" for number in range(100)))

    assert processes.tail(tmp_path / "log", lines=2) == "line 98\nline 99"
    assert processes.tail(tmp_path / "absent") == ""
