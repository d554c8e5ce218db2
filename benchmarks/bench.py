"""What a bench is: sides that take turns over the same work, and the figures that come of them; the list of all.

A bench is a function of a `Room`. It builds its sides, lets them take turns, and gives back what it found:

    def measure(room: Room) -> Found:
        sides = (Side("ours", "s", lambda: timed(ours)), Side("theirs", "s", lambda: timed(theirs)))
        taken = take_turns(sides, room)
        return Found(taken, (Figure("R6", "ours / theirs", ratios(taken["ours"], taken["theirs"]), at_most=1.0),))

It is named in `ALL` by its module, which is imported only when the bench is run.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from importlib import import_module
from pathlib import Path
from tempfile import TemporaryDirectory

from local_stack import Stack
from metering.settings import NEEDS, Settings, load


class WrongAnswer(Exception):
    """A side gave another answer than the truth: however fast, it counts for nothing, and the bench ends."""


@dataclass(frozen=True)
class Side:
    """One way of doing the work. `turn` does it once, checks what came out, and gives its figure in `unit`."""

    name: str
    unit: str
    turn: Callable[[], float]


@dataclass(frozen=True)
class Turns:
    """A side's figures, turn by turn."""

    unit: str
    values: tuple[float, ...]

    @property
    def median(self) -> float:
        return statistics.median(self.values)


@dataclass(frozen=True)
class Figure:
    """One number of the quality table, a value a turn; what counts is the median.

    At most one of `at_least` and `at_most` is the target; with neither the figure is reported only. `beyond`: what
    would be better than the target asks.
    """

    number: str
    title: str
    values: Sequence[float]
    unit: str = ""
    at_least: float | None = None
    at_most: float | None = None
    beyond: float | None = None

    @property
    def value(self) -> float:
        return statistics.median(self.values)

    @property
    def missed_by(self) -> float:
        """The part of the target that is missing, 0 where it was reached: 0.1 for 0.9 where 1.0 was wanted."""
        if self.at_least is not None:
            return max(0.0, 1 - self.value / self.at_least)
        if self.at_most is not None:
            return max(0.0, self.value / self.at_most - 1)
        return 0.0

    def within(self, loosened: float) -> bool:
        """Whether the target would be reached if it were `loosened` times as loose: 0.7 asks 70 % of a speed."""
        if self.at_least is not None:
            return self.value >= self.at_least * loosened
        return self.at_most is None or self.value <= self.at_most / loosened


@dataclass(frozen=True)
class Found:
    """What one bench found. `facts`: what else a reader needs (counts, sizes), by name."""

    sides: Mapping[str, Turns]
    figures: Sequence[Figure]
    facts: Mapping[str, object] = field(default_factory=dict)


@dataclass
class Room:
    """Where a bench runs. `events` is what was asked for, None for the bench's own number; `short` the form for CI.

    The services are started when `settings` is first read, in a home of the bench's own, unless LAMBDAMETER_HOME names
    one that runs; what `entered` keeps open is closed at the bench's end.
    """

    folder: Path
    entered: ExitStack
    repeats: int = 5
    events: int | None = None
    short: bool = False
    home: Path | None = None
    say: Callable[[str], None] = lambda text: print(text, flush=True)

    @cached_property
    def settings(self) -> Settings:
        """Settings of the bench's own services, nothing of them used before (but in a home that was given)."""
        if self.home is not None:
            return load(*_NEEDED, overrides={"LAMBDAMETER_HOME": str(self.home)})
        stack = self.entered.enter_context(Stack(self.folder / "home"))
        return load(*_NEEDED, overrides=stack.env())

    def number(self, whole: int, short: int) -> int:
        """How many events: as asked, else the bench's own number for this form."""
        return self.events or (short if self.short else whole)


_NEEDED = tuple(need for need in NEEDS if need != "webhook")


@contextmanager
def open_room(**asked: object) -> Iterator[Room]:
    """A room in a temporary folder; its services are stopped and its folder is gone at the end."""
    with TemporaryDirectory(prefix="lambdameter-bench-", ignore_cleanup_errors=True) as folder, ExitStack() as entered:
        yield Room(Path(folder), entered, **asked)  # type: ignore[arg-type]


def take_turns(sides: Sequence[Side], room: Room) -> dict[str, Turns]:
    """Each side's figures: the sides take turns, `room.repeats` times, after one turn that is not counted."""
    values: dict[str, list[float]] = {side.name: [] for side in sides}
    for turn in range(room.repeats + 1):
        for side in sides:
            value = side.turn()
            if turn:
                values[side.name].append(value)
            room.say(f"  turn {turn or 'warm'}  {side.name:28} {value:14,.{0 if value >= 1000 else 3}f} {side.unit}")
    return {side.name: Turns(side.unit, tuple(values[side.name])) for side in sides}


def ratios(mine: Turns, other: Turns) -> tuple[float, ...]:
    """Mine over the other's, turn by turn: the machine's own speed drifts between turns."""
    return tuple(one / two for one, two in zip(mine.values, other.values, strict=True))


def timed(work: Callable[[], object]) -> float:
    """Seconds of the work."""
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


@dataclass(frozen=True)
class Bench:
    """A bench by its name, with the numbers of the quality table that it answers. `short`: CI runs a short form."""

    name: str
    numbers: tuple[str, ...]
    title: str
    module: str
    short: bool = False

    def measure(self, room: Room) -> Found:
        """Run it: `measure(room)` of its module."""
        return import_module(f"benchmarks.{self.module}").measure(room)


ALL: tuple[Bench, ...] = (
    Bench("drain", ("R1", "R2", "R4"), "speed layer beside Spark doing less; its CPU time", "drain", short=True),
    Bench("demo", ("R3",), "speed layer beside the usual demo", "demo", short=True),
    Bench("upsert", ("R6",), "upsert of 30,000 sums beside COPY", "upsert", short=True),
    Bench("jdbc", ("R7",), "upsert beside Spark's JDBC batch and a merge", "jdbc"),
    Bench("ledger", ("R8",), "what the ledger and the manifest cost", "ledger"),
    Bench("cores", ("R18",), "two of Spark's cores beside one", "cores"),
    Bench("recounting", ("R9", "R10"), "batch layer beside DuckDB and Spark's group-bys", "recounting", short=True),
    Bench("scanning", ("R11",), "reading the archive beside one ideal file", "scanning"),
    Bench("pages", ("R14", "R16"), "pages beside their bare SQL; merged views beside the batch tables alone", "pages"),
    Bench("live", ("R5", "R17"), "freshness and catching up at half of the highest rate", "live"),
)
"""Every bench, in the order of the quality table. A family's module adds its line here."""


def named(words: Sequence[str]) -> list[Bench]:
    """The benches of these names or numbers, all without a word. Raises KeyError with the word that none bears."""
    for word in words:
        if not any(word == bench.name or word.upper() in bench.numbers for bench in ALL):
            raise KeyError(word)
    return [bench for bench in ALL if not words or {bench.name, *bench.numbers} & {*words, *map(str.upper, words)}]
