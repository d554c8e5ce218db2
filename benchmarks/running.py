"""Benches run: one in this process, several each in a process of its own, since a JVM keeps what it was started with.

The short form is for CI, on a machine that others use: all benches share one set of services, a figure counts by the
best of up to three tries, and 70 % of its target is enough.
"""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks.bench import Bench, Figure, Found, WrongAnswer, open_room
from benchmarks.machine import machine
from benchmarks.record import RECORD, SHORT_RECORD, Record, report
from local_stack import Stack
from metering.domain.errors import LambdameterError
from metering.settings import child_environment

TRIES = 3
ENOUGH = 0.7
"""Of a target, in the short form: it shall find what became slower, not judge the machine."""
_SHORT_REPEATS = 2


@dataclass(frozen=True)
class Asked:
    """What the command line asked for."""

    repeats: int
    events: int | None = None
    short: bool = False
    home: Path | None = None

    @property
    def arguments(self) -> list[str]:
        """The same for a process of a bench's own."""
        events = ["--events", str(self.events)] if self.events else []
        return ["--repeats", str(self.repeats), *events, *(["--short"] if self.short else [])]


def run_each(benches: Sequence[Bench], asked: Asked) -> int:
    """Run them one after the other; a bench that fails does not keep the others from running. The worst status."""
    with ExitStack() as entered:
        home = asked.home
        if asked.short and home is None:
            folder = entered.enter_context(TemporaryDirectory(prefix="lambdameter-bench-", ignore_cleanup_errors=True))
            home = entered.enter_context(Stack(folder)).home.folder
        environment = child_environment(**({"LAMBDAMETER_HOME": str(home)} if home else {}))
        return max(_in_its_own_process(bench, asked, environment) for bench in benches)


def _in_its_own_process(bench: Bench, asked: Asked, environment: dict[str, str]) -> int:
    command = [sys.executable, "-m", "benchmarks", bench.name, *asked.arguments]
    with subprocess.Popen(command, env=environment) as child:
        try:
            return child.wait()
        except SystemExit:
            # It has services of its own to stop. After Ctrl-C it does so unasked: the terminal told it too.
            child.terminate()
            raise


def end_on_sigterm() -> None:
    """From now on SIGTERM ends this process by an exception, so that its services are stopped on the way out."""
    signal.signal(signal.SIGTERM, lambda number, _: sys.exit(128 + number))


def run_one(bench: Bench, asked: Asked) -> int:
    """Run a bench here, print and keep what it found. 0: it ran; 1: a wrong answer, or in the short form too slow."""
    print(f"{', '.join(bench.numbers)}  {bench.title}", flush=True)
    try:
        return _short(bench, asked) if asked.short else _whole(bench, asked)
    except WrongAnswer as wrong:
        print(f"{bench.name}: a wrong answer scores nothing: {wrong}", file=sys.stderr)
        return 1
    except LambdameterError as error:
        print(f"{bench.name}: {error}", file=sys.stderr)
        return error.exit_status


def _whole(bench: Bench, asked: Asked) -> int:
    _measure(bench, asked, asked.repeats, RECORD)
    return 0


def _short(bench: Bench, asked: Asked) -> int:
    best: dict[str, Figure] = {}
    for _ in range(TRIES):
        found = _measure(bench, asked, min(asked.repeats, _SHORT_REPEATS), SHORT_RECORD)
        best = better(best, found.figures)
        if all(figure.within(ENOUGH) for figure in best.values()):
            return 0
    slow = [figure for figure in best.values() if not figure.within(ENOUGH)]
    for figure in slow:
        print(f"{figure.number} {figure.title}: {figure.value:.3g}, {ENOUGH:.0%} of its target was not reached in "
              f"{TRIES} tries", file=sys.stderr)
    return 1


def better(best: dict[str, Figure], found: Sequence[Figure]) -> dict[str, Figure]:
    """Of each figure the try that came nearest to its target."""
    nearer = dict(best)
    for figure in found:
        name = f"{figure.number} {figure.title}"
        if name not in best or figure.missed_by < best[name].missed_by:
            nearer[name] = figure
    return nearer


def _measure(bench: Bench, asked: Asked, repeats: int, record: Path) -> Found:
    command = ["python -m benchmarks", bench.name, *asked.arguments]
    on = machine()
    with open_room(events=asked.events, repeats=repeats, short=asked.short, home=asked.home) as room:
        found = bench.measure(room)
    Record(record, " ".join(command)).keep(bench, found, on)
    print(report(found), flush=True)
    return found
