"""The protocol holds under every schedule tried, and every mistake we know of is found by its invariants."""

from __future__ import annotations

import pytest

from tests.model.explore import explore, report, schedule, shrink
from tests.model.invariants import Violation
from tests.model.jobs import Run
from tests.model.labels import LABELS
from tests.model.mutants import MUTANTS, RARE
from tests.model.rules import RIGHT
from tests.model.world import Event

SEED = 1
SCHEDULES = 2000  # some twenty seconds of one core
REACHED = (
    "a compacted file was vacuumed before its commit",
    "compaction skipped a damaged file",
    "correction of a final hour",
    "database restored",
    "fence refused a compaction",
    "fence refused a publish",
    "file damaged",
    "file healed",
    "finality refused",
    "gap of deleted records",
    "hour compacted",
    "hour has nothing sealed for this run",
    "hour made final",
    "hour published",
    "hour with a damaged file left as it was",
    "lock lost",
    "lock timeout",
    "proof refused: another run has published the hour",
    "quiet",
    "quota arrived",
    "quota changed",
    "second batch run left",
    "second copy of the speed layer refused",
    "sent: bad",
    "sent: conflicting",
    "sent: in another hour",
    "sent: late",
    "sent: marker",
    "sent: repeated",
    "sent: without id",
    "stopped by itself: a file was vacuumed before its commit",
    "stopped by itself: offset guard refused a slice",
    "stopped by itself: records deleted under the reader",
    "superseded file deleted",
    "task run twice",
    "unlisted file vacuumed",
    "waited for a row lock",
)


def told(rules, failure) -> str:
    """The shortest failing schedule, for the reader of a failed test."""
    shortest = shrink(rules, failure)
    return "\n".join([*shortest.trace, f"seed {shortest.seed}: {shortest.violation}"])


def test_the_invariants_hold_under_every_schedule_and_the_schedules_reach_every_corner():
    explored = explore(RIGHT, SEED, lambda done: done < SCHEDULES)

    print(f"seeds {SEED} to {SEED + explored.schedules - 1}\n{report(explored)}")
    assert explored.failure is None, told(RIGHT, explored.failure)
    assert explored.labels == {label for labels in LABELS.values() for label in labels}
    assert [label for label in explored.labels if not explored.seen[f"crash before {label}"]] == []
    assert [fact for fact in REACHED if not explored.seen[fact]] == []


@pytest.mark.parametrize("name", [name for name in MUTANTS if name not in RARE])
def test_the_invariants_catch(name):
    explored = explore(MUTANTS[name], SEED, lambda done: done < 3 * SCHEDULES)

    assert explored.failure is not None, f"{explored.schedules} schedules from seed {SEED} did not find it"
    print(f"seed {explored.failure.seed}: {explored.failure.violation}")


def test_a_schedule_is_the_same_each_time_its_seed_is_given():
    first, second = Run(RIGHT), Run(RIGHT)

    for action in schedule(7):
        first.apply(*action)
    for action in schedule(7):
        second.apply(*action)

    assert first.trace == second.trace


def test_a_failing_schedule_is_cut_down_and_still_fails():
    name = "finality by the current offset"
    failure = explore(MUTANTS[name], SEED, lambda done: done < SCHEDULES).failure

    shortest = shrink(MUTANTS[name], failure, attempts=300)

    assert len(shortest.actions) < len(failure.actions)
    assert shortest.violation.invariant == failure.violation.invariant == "finality"


def step_until(run: Run, name: str, label: str) -> None:
    """Step a job until it stands before a step, or has ended for the label "the end"."""
    run.apply("step", name, 0)
    while name in run.jobs and run.jobs[name].label != label:
        run.apply("step", name, 0)


def count(run: Run, offset: int) -> None:
    """One more event of the first hour is sent and counted by the streaming job."""
    run.world.append(0, Event(0, offset, 0, 0, f"e{offset}", "ana", 5))
    for seed in range(100):
        offsets = run.world.database.rows("stream_offset")
        if offsets and offsets[0].next > offset:
            return
        run.apply("step", "speed-1", seed)
        step_until(run, "speed-1", "the end")
    raise AssertionError("the event was not counted")


@pytest.mark.parametrize("name", ["right", "fence without the generation"])
def test_a_run_that_sealed_earlier_does_not_publish_over_a_later_one_it_read(name):
    run = Run({"right": RIGHT, **MUTANTS}[name])
    count(run, 0)
    step_until(run, "batch-1", "batch: find touched hours")
    run.world.database.release_advisory("batch-1")
    count(run, 1)
    step_until(run, "batch-2", "compact: find candidates")
    run.apply("crash", "batch-2", 0)
    run.world.database.tables["user_metadata"]["ana"] = 0

    if name == "right":
        step_until(run, "batch-1", "the end")
        assert run.world.seen["fence refused a publish"] == 1
    else:
        with pytest.raises(Violation, match="I4"):
            step_until(run, "batch-1", "the end")
