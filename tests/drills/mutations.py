"""`python -m tests.drills.mutations`: breaks a copy of the product by one thought; the drill named beside it must fail.

Each drill is first played on an unbroken copy, where it must pass: else its failure would say nothing.
"""

from __future__ import annotations

import argparse
import shutil
import signal
import subprocess
import sys
import time
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from metering.settings import child_environment
from tests.drills.mutants import ALL, Mutation
from tests.drills.record import ROOT
from tests.drills.registry import named

_ROOMS = ("metering", "speed_layer", "batch_layer", "serving", "producers", "ml", "local_stack", "tests")
_FAILED = "FAILED: "
_WHERE_FROM = "import importlib, sys; print(*(importlib.import_module(name).__file__ for name in sys.argv[1:]))"


@dataclass(frozen=True)
class Played:
    """What a drill said of a copy. `failures`: the demands that failed, and what ended it early. `passed`: it came to
    its end and every demand held.
    """

    passed: bool
    failures: tuple[str, ...]
    seconds: float

    def names(self, words: str) -> bool:
        """Whether one of the failures holds the words."""
        return any(words in failure for failure in self.failures)


def main(arguments: Sequence[str] | None = None) -> int:
    """0 where every mutation was caught by what was expected, 1 where not, 2 for a name that is none."""
    asked = _parser().parse_args(arguments)
    by_name = {mutation.name: mutation for mutation in ALL}
    if unknown := [name for name in asked.names if name not in by_name]:
        print(f"{unknown[0]!r} is no mutation: want one of {', '.join(by_name)}", file=sys.stderr)
        return 2
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    chosen = [by_name[name] for name in asked.names] or list(ALL)
    drills = [] if asked.no_baseline else list(dict.fromkeys(mutation.drill for mutation in chosen))
    sound = [_tell_sound(drill, play_on_copy(drill, None, asked.seed)) for drill in drills]
    caught = [_tell(mutation, play_on_copy(mutation.drill, mutation, asked.seed)) for mutation in chosen]
    print(f"{sum(caught)} of {len(caught)} mutations were caught by what has to catch them")
    return 0 if all(caught + sound) else 1


def _tell_sound(drill: str, played: Played) -> bool:
    print(f"unbroken: {drill} {'passed' if played.passed else f'FAILED {played.failures[:3]}'}", flush=True)
    return played.passed


def _tell(mutation: Mutation, played: Played) -> bool:
    caught = played.names(mutation.expected)
    verdict = "caught" if caught else "SURVIVED" if played.passed else "FAILED ELSEWHERE"
    print(f"{mutation.name:<22} {mutation.drill:<12} {played.seconds:6.1f} s  {verdict}: {mutation.expected!r}")
    for failure in played.failures[:6]:
        print(f"    {failure[:240]}")
    sys.stdout.flush()
    return caught


def play_on_copy(drill: str, mutation: Mutation | None, seed: int) -> Played:
    """Copy the tree, break it, and play the drill there with this interpreter; its short form where it has one."""
    with TemporaryDirectory(prefix="mutation-") as name:
        copy = Path(name, "tree")
        copy_tree(copy)
        if mutation:
            apply(mutation, copy)
        _assert_runs_from(copy)
        short = ["--short"] if named(drill).short else []
        return watch([drill, "--seed", str(seed), *short], copy, mutation.expected if mutation else None)


def watch(arguments: Sequence[str], copy: Path, expected: str | None) -> Played:
    """Play to the end, or until what is expected to fail has failed: then the drill is stopped as by Ctrl-C."""
    began, failures, tail = time.monotonic(), list[str](), deque[str](maxlen=40)
    with subprocess.Popen(
            [sys.executable, "-m", "tests.drills", *arguments], cwd=copy, env=child_environment(), text=True,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT) as playing:
        assert playing.stdout is not None
        try:
            for line in playing.stdout:
                tail.append(line)
                if _FAILED in line:
                    failures.append(line.partition(_FAILED)[2].strip())
                    if expected and expected in failures[-1]:
                        playing.send_signal(signal.SIGINT)
        except KeyboardInterrupt:
            playing.send_signal(signal.SIGINT)
            raise
    if playing.returncode and not failures:
        failures.append("".join(tail))
    return Played(playing.returncode == 0, tuple(failures), round(time.monotonic() - began, 1))


def copy_tree(folder: Path) -> None:
    """Every file of this tree that git knows or would add."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"], cwd=ROOT, capture_output=True,
        text=True, check=True)
    for name in filter(None, listed.stdout.split("\0")):
        if (source := ROOT / name).is_file():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(source, folder / name)


def apply(mutation: Mutation, folder: Path) -> None:
    """Make its edits. Each old text must be there exactly once: else the mutation no longer fits the product."""
    for edit in mutation.edits:
        file = folder / edit.file
        text = file.read_text(encoding="utf-8")
        found = text.count(edit.old)
        assert found == 1, f"{mutation.name}: {edit.old!r} is {found} times in {edit.file}: want once"
        file.write_text(text.replace(edit.old, edit.new), encoding="utf-8")


def _assert_runs_from(folder: Path) -> None:
    """The copy's code is what runs there, not the tree that is installed."""
    told = subprocess.run(
        [sys.executable, "-c", _WHERE_FROM, *_ROOMS], cwd=folder, env=child_environment(), capture_output=True,
        text=True, check=True)
    elsewhere = [path for path in told.stdout.split() if not Path(path).is_relative_to(folder)]
    assert not elsewhere, f"runs from elsewhere: {elsewhere}"


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m tests.drills.mutations", description=__doc__,
        epilog="example: python -m tests.drills.mutations offset-guard")
    parser.add_argument("names", nargs="*", metavar="NAME", help="which mutations (default: all)")
    parser.add_argument("--seed", type=int, default=7, help="of the drills (default: %(default)s)")
    parser.add_argument("--no-baseline", action="store_true", help="do not play the drills on an unbroken copy first")
    return parser


if __name__ == "__main__":
    sys.exit(main())
