"""What a run of a bench ends with: a wrong answer, a short form that stays too slow, one that is fast at last."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from benchmarks.bench import Bench, Figure, Found, Room, Turns, WrongAnswer
from benchmarks.machine import ROOT
from benchmarks.record import RECORD, SHORT_RECORD, read
from benchmarks.running import Asked, run_one


@dataclass(frozen=True)
class Told(Bench):
    """A bench whose tries end as told."""

    tries: list[Callable[[], Found]] = field(default_factory=list)

    def measure(self, room: Room) -> Found:
        return self.tries.pop(0)()


def bench(*tries: Callable[[], Found]) -> Told:
    return Told("told", ("R1",), "as told", "told", short=True, tries=list(tries))


def speed(value: float) -> Callable[[], Found]:
    figure = Figure("R1", "ours / theirs", (value,), at_least=1.0)
    return lambda: Found({"ours": Turns("events/s", (value,))}, (figure,))


def wrong() -> Found:
    raise WrongAnswer("counted 6 of 7 bytes")


ENDED = """
import os, signal, sys
from contextlib import ExitStack
from benchmarks.running import end_on_sigterm
end_on_sigterm()
with ExitStack() as opened:
    opened.callback(print, "services stopped")
    os.kill(os.getpid(), signal.SIGTERM)
"""


@pytest.fixture(autouse=True)
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def test_a_wrong_answer_ends_the_bench_and_nothing_is_kept(capsys: pytest.CaptureFixture[str]) -> None:
    assert run_one(bench(wrong), Asked(repeats=5)) == 1

    assert "counted 6 of 7 bytes" in capsys.readouterr().err
    assert not RECORD.exists()


def test_a_missed_target_is_reported_and_no_fault() -> None:
    assert run_one(bench(speed(0.1)), Asked(repeats=5)) == 0

    assert read(RECORD)["told"]["figures"][0]["missed_by"] == pytest.approx(0.9)


def test_the_short_form_counts_the_best_of_three_tries() -> None:
    assert run_one(bench(speed(0.6), speed(0.65), speed(0.71)), Asked(repeats=2, short=True)) == 0

    assert not RECORD.exists()
    assert SHORT_RECORD.exists()


def test_the_short_form_fails_where_three_tries_are_too_slow(capsys: pytest.CaptureFixture[str]) -> None:
    assert run_one(bench(speed(0.6), speed(0.69), speed(0.5)), Asked(repeats=2, short=True)) == 1

    assert "R1 ours / theirs: 0.69, 70% of its target" in capsys.readouterr().err


def test_a_wrong_answer_of_the_short_form_has_no_second_try() -> None:
    assert run_one(bench(wrong, speed(2.0)), Asked(repeats=2, short=True)) == 1


def test_a_bench_that_is_told_to_end_stops_its_services() -> None:
    ended = subprocess.run([sys.executable, "-c", ENDED], cwd=ROOT, capture_output=True, text=True, check=False)

    assert (ended.returncode, ended.stdout) == (143, "services stopped\n")
