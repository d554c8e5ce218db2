"""`python -m benchmarks`: run benches, print what they found beside the targets, keep it in build/bench.json."""

from __future__ import annotations

import argparse
import logging
import sys
from collections.abc import Sequence
from pathlib import Path

from benchmarks.bench import ALL, Bench, named
from benchmarks.record import RECORD, markdown, read
from benchmarks.running import Asked, end_on_sigterm, run_each, run_one
from metering.domain.errors import LambdameterError
from metering.settings import child_environment
from metering.telemetry import start_logging


def main(arguments: Sequence[str] | None = None) -> int:
    """Run what was asked for. 0: all ran, targets reached or not; 1: a wrong answer, or too slow in the short form;
    2: no such bench."""
    parser = _parser()
    asked = parser.parse_args(arguments)
    try:
        benches = named(asked.names)
    except KeyError as unknown:
        parser.error(f"no bench {unknown}: want one of {', '.join(bench.name for bench in ALL)}, or a number as R1")
    if asked.list:
        print(_listed(benches))
        return 0
    if asked.table:
        return _table()
    start_logging("text")
    logging.getLogger().setLevel(logging.WARNING)
    end_on_sigterm()
    return _run(benches, Asked(asked.repeats, asked.events, asked.short, _home()))


def _run(benches: Sequence[Bench], asked: Asked) -> int:
    chosen = [bench for bench in benches if bench.short or not asked.short]
    return run_one(chosen[0], asked) if len(chosen) == 1 else run_each(chosen, asked)


def _table() -> int:
    try:
        print(markdown(read(RECORD)))
    except LambdameterError as error:
        print(error, file=sys.stderr)
        return error.exit_status
    return 0


def _home() -> Path | None:
    """The home that was named, whose services run; none as a rule."""
    given = child_environment().get("LAMBDAMETER_HOME")
    return Path(given).absolute() if given else None


def _listed(benches: Sequence[Bench]) -> str:
    return "\n".join(
        f"{bench.name:12} {', '.join(bench.numbers):14} {'short ' if bench.short else '      '} {bench.title}"
        for bench in benches)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks", description=(__doc__ or "").split(": ", 1)[1],
        epilog="example: python -m benchmarks R1 upsert --repeats 5")
    parser.add_argument("names", nargs="*", metavar="NAME", help="a bench by name or number; all without one")
    parser.add_argument("--repeats", type=int, default=5, help="turns that count, after a warm one (5)")
    parser.add_argument("--events", type=int, help="events of the load, instead of each bench's own number")
    parser.add_argument("--short", action="store_true", help="the short form, of the benches that have one")
    parser.add_argument("--list", action="store_true", help="name the benches and run none")
    parser.add_argument("--table", action="store_true", help=f"print {RECORD} as Markdown and run none")
    return parser


if __name__ == "__main__":
    sys.exit(main())
