"""`python -m tests.drills`: plays fault drills on services of their own, and says which passed."""

from __future__ import annotations

import argparse
import signal
import sys
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.drills.drill import Drill
from tests.drills.record import FOLDER, Record, passed_before
from tests.drills.registry import ALL
from tests.drills.stage import own_services, play

_INTERRUPTED = 130


def main(arguments: Sequence[str] | None = None) -> int:
    """0 where all passed, 1 where one failed, 2 for a name that is none, 130 after Ctrl-C."""
    asked = _parser().parse_args(arguments)
    if asked.list:
        print("\n".join(_listed(drill) for drill in ALL))
        return 0
    if faults := _faults(asked):
        print("\n".join(faults), file=sys.stderr)
        return 2
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, _stop)
    records: list[Record] = []
    try:
        for drill in _asked_for(asked):
            for seed in range(asked.seed, asked.seed + asked.repeat):
                records.append(_play(drill, seed, asked))
    except KeyboardInterrupt:
        print("stopped; no process is left, what passed is kept for --resume", file=sys.stderr)
        return _INTERRUPTED
    finally:
        _sum_up(records)
    return 0 if all(record.passed for record in records) else 1


def _stop(*_: object) -> None:
    """End in order. A second signal must not break off what stops the services."""
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: None)
    raise KeyboardInterrupt


def _play(drill: Drill, seed: int, asked: argparse.Namespace) -> Record:
    """One run on a stack of its own, kept in its file; with --resume one that passed is only told."""
    record = Record(drill.name, drill.number, seed, asked.short)
    if asked.resume and passed_before(record):
        record.note("passed before at this commit", {})
        record.judged = True
        return record
    with TemporaryDirectory(prefix=f"drill-{drill.name}-") as name:
        folder = Path(name)
        (folder / "layers").mkdir()
        try:
            with own_services(folder) as (stack, template):
                record = play(drill, stack, template, folder / "layers", seed=seed, short=asked.short)
        except Exception as failed:
            record.fault = record.fault or f"the services of the drill: {failed}"
    record.write()
    return record


def _sum_up(records: Sequence[Record]) -> None:
    """A table of what was played, with what failed in each."""
    for record in records:
        verdict = "passed" if record.passed else "FAILED"
        print(f"{record.name:<14} seed {record.seed:<6} {record.seconds:7.1f} s  {verdict}")
        for failure in [*record.failures, *record.fault.strip().splitlines()[:1]]:
            print(f"    {failure}")
    if records:
        print(f"{sum(record.passed for record in records)} of {len(records)} passed; records in {FOLDER}")


def _asked_for(asked: argparse.Namespace) -> list[Drill]:
    """The drills named, all where none is; with --short those that have a short form."""
    return [drill for drill in ALL
            if (not asked.names or drill.name in asked.names) and (drill.short or not asked.short)]


def _faults(asked: argparse.Namespace) -> list[str]:
    by_name = {drill.name: drill for drill in ALL}
    faults = [f"{name!r} is no drill: want one of {', '.join(by_name)}" for name in asked.names if name not in by_name]
    if asked.short:
        faults += [f"{name!r} has no short form" for name in asked.names
                   if name in by_name and not by_name[name].short]
    if asked.repeat < 1:
        faults.append(f"--repeat {asked.repeat}: want 1 or more")
    return faults


def _listed(drill: Drill) -> str:
    return f"{drill.number:>3}  {drill.name:<14} {'short  ' if drill.short else '       '}{drill.title}"


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m tests.drills", description=__doc__,
        epilog="example: python -m tests.drills failpoints --seed 7")
    parser.add_argument("names", nargs="*", metavar="NAME", help="which drills (default: all)")
    parser.add_argument("--seed", type=int, default=7, help="of everything that is drawn (default: %(default)s)")
    parser.add_argument("--repeat", type=int, default=1, metavar="N", help="so many times, each with the next seed")
    parser.add_argument("--short", action="store_true", help="the form of a minute or two, of those that have one")
    parser.add_argument("--resume", action="store_true", help="leave out what passed at this commit")
    parser.add_argument("--list", action="store_true", help="name them all, and play none")
    return parser


if __name__ == "__main__":
    sys.exit(main())
