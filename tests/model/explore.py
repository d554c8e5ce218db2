"""Random schedules of the model, from a seed; a failing one is cut down to its shortest form.

`python -m tests.model.explore --seconds 60 --seed 1` explores the right rules for a minute and shows what it reached;
`--mutant NAME` explores a mutant. Exit status 1 and the trace when an invariant does not hold.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections import Counter
from collections.abc import Callable
from random import Random
from typing import NamedTuple

from tests.model.invariants import Violation
from tests.model.jobs import STARTS, Run
from tests.model.mutants import MUTANTS
from tests.model.rules import RIGHT, Rules

LENGTH = 600
WEIGHTS = {
    "append": 12.0,
    "tick": 4.0,
    "retention": 0.3,
    "metadata": 0.8,
    "damage": 0.7,
    "heal": 0.9,
    "back up": 0.4,
    "restore": 0.1,
    "crash": 0.5,
    "failpoint": 2.0,
    "lose_lock": 1.0,
    "overtake": 1.5,
    "overtake stream": 0.4,
    "rewind": 0.3,
    "settle": 0.6,
    "thaw": 1.0,
    "time_out": 0.2,
    "quiet": 0.1,
}
BURST = 10.0  # how often a job is stepped for each weight above: schedules are mostly steps
Action = tuple[str, str, int]  # what, which job, the seed of its choices
Piece = tuple[str, str, int]  # what, which job, how often


class Failure(NamedTuple):
    """A schedule under which an invariant does not hold, and what was seen."""

    seed: int
    actions: list[Action]
    violation: Violation
    trace: list[str]


class Explored(NamedTuple):
    """What an exploration reached."""

    schedules: int
    steps: int
    seen: Counter[str]
    labels: set[str]
    failure: Failure | None


def schedule(seed: int, length: int = LENGTH) -> list[Action]:
    """A list of actions. Each seed weighs the actions anew, so that some runs are all crashes and others have none."""
    random = Random(seed)
    weights = {action: weight * random.choice((0, 0.5, 1, 1, 3)) for action, weight in WEIGHTS.items()}
    pace = {name: random.choice((0.2, 1, 1, 3)) for name in STARTS} | {"vacuum": random.choice((0, 0.2, 1))}
    actions: list[Action] = []
    while len(actions) < length:
        action = random.choices(["step", *weights], [BURST, *weights.values()])[0]
        name = random.choices(list(pace), list(pace.values()))[0]
        times = random.choice((1, 2, 5, 12, 40)) if action == "step" else 1
        pieces = PATTERNS[action](random) if action in PATTERNS else [(action, name, times)]
        actions += [(action, name, random.getrandbits(32)) for action, name, times in pieces for _ in range(times)]
    return [*actions, ("quiet", "", random.getrandbits(32))]


def overtake(random: Random) -> list[Piece]:
    """A batch run freezes somewhere and loses its lock, another job works on newer data, the frozen one goes on."""
    first, second = random.sample(("batch-1", "batch-2"), 2)
    second = random.choice((second, second, "vacuum"))
    early, middle, upkeep = random.randint(4, 9), random.randint(9, 35), random.randint(25, 75)
    steps = upkeep if second == "vacuum" else random.choice((early, middle, upkeep))
    return [
        *arrivals(random),
        *(arrivals(random) if second == "vacuum" else ()),
        ("step", first, steps),
        ("lose_lock", first, 1),
        *(arrivals(random) if random.random() < 0.7 else ()),
        (random.choice(("metadata", "metadata", "tick", "damage")), "", 1),
        ("thaw", second, 1),
        ("step", second, random.randint(20, 110)),
        (random.choice(("metadata", "metadata", "tick", "heal")), "", 1),
        ("thaw", first, 1),
        ("step", first, random.randint(5, 60)),
    ]


def overtake_stream(random: Random) -> list[Piece]:
    """The same with the two copies of the streaming job."""
    first, second = random.sample(("speed-1", "speed-2"), 2)
    return [
        ("append", "", random.randint(1, 4)),
        ("step", first, random.randint(3, 15)),
        ("lose_lock", first, 1),
        ("step", second, random.randint(5, 40)),
        ("thaw", first, 1),
        ("step", first, random.randint(5, 30)),
    ]


def settle(random: Random) -> list[Piece]:
    """Hours are published and become final, more events come, a file may be damaged, a run may die on the way."""
    name = random.choice(("batch-1", "batch-2"))
    run: list[Piece] = [("thaw", name, 1), ("step", name, 60)]
    trouble = random.choice(("failpoint", "failpoint", "damage"))
    early, late = random.choice(((0, 5), (5, 0)))
    first = [*arrivals(random), ("tick", "", early), ("heal", "", 2), *run]
    return [*first, *arrivals(random), ("tick", "", late), (trouble, name, 1), *run]


def rewind(random: Random) -> list[Piece]:
    """The database goes back to a copy while the streaming job knows newer offsets."""
    return [("back up", "", 1), *arrivals(random), ("restore", "", 1), *arrivals(random)]


def arrivals(random: Random) -> list[Piece]:
    """Some messages, and time for a streaming job to count them."""
    name = random.choice(("speed-1", "speed-2"))
    return [("thaw", name, 1), ("append", "", random.randint(1, 4)), ("step", name, random.randint(12, 36))]


PATTERNS: dict[str, Callable[[Random], list[Piece]]] = {
    "overtake": overtake,
    "overtake stream": overtake_stream,
    "rewind": rewind,
    "settle": settle,
}


def play(rules: Rules, actions: list[Action]) -> tuple[Run, Violation | None]:
    """Do the actions in order; the run as it ended, and the violation that ended it."""
    run = Run(rules)
    try:
        for action in actions:
            run.apply(*action)
    except Violation as violation:
        return run, violation
    return run, None


def shrink(rules: Rules, failure: Failure, attempts: int = 1500) -> Failure:
    """Take out ever smaller pieces of the schedule while the same invariant still breaks."""
    best, size = failure.actions, len(failure.actions) // 2
    shortest = failure
    while size and attempts > 0:
        position = 0
        while position < len(best) and attempts > 0:
            attempts -= 1
            shorter = best[:position] + best[position + size :]
            run, violation = play(rules, shorter)
            if violation and violation.invariant == failure.violation.invariant:
                best, shortest = shorter, Failure(failure.seed, shorter, violation, run.trace)
            else:
                position += size
        size //= 2
    return shortest


def explore(rules: Rules, seed: int, go_on: Callable[[int], bool]) -> Explored:
    """One schedule for each seed from the first, while `go_on(schedules done)` and nothing fails."""
    seen: Counter[str] = Counter()
    labels: set[str] = set()
    steps = schedules = 0
    while go_on(schedules):
        actions = schedule(seed + schedules)
        run, violation = play(rules, actions)
        seen += run.world.seen
        labels |= run.labels
        steps += run.steps
        schedules += 1
        if violation:
            failure = Failure(seed + schedules - 1, actions, violation, run.trace)
            return Explored(schedules, steps, seen, labels, failure)
    return Explored(schedules, steps, seen, labels, None)


def report(explored: Explored) -> str:
    """What was reached, one line each."""
    crashes = {fact for fact in explored.seen if fact.startswith("crash before")}
    facts = sorted((fact, count) for fact, count in explored.seen.items() if fact not in crashes)
    lines = [f"{explored.schedules:>9} schedules", f"{explored.steps:>9} steps of jobs"]
    total = sum(explored.seen[fact] for fact in crashes)
    lines += [f"{total:>9} crashes before {len(crashes)} of {len(explored.labels)} steps"]
    return "\n".join(lines + [f"{count:>9} {fact}" for fact, count in facts])


def main(arguments: list[str]) -> int:
    """Explore, report, and show the shortest failing schedule."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=20)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--mutant", choices=sorted(MUTANTS))
    options = parser.parse_args(arguments)
    rules = MUTANTS[options.mutant] if options.mutant else RIGHT
    end = time.monotonic() + options.seconds
    explored = explore(rules, options.seed, lambda _: time.monotonic() < end)
    print(f"seeds from {options.seed}\n{report(explored)}")
    if explored.failure is None:
        return 0
    shortest = shrink(rules, explored.failure)
    print("\n".join(shortest.trace), f"\nseed {shortest.seed}, {len(shortest.actions)} actions: {shortest.violation}")
    return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
