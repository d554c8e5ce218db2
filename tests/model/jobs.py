"""The processes: two copies of each job, each a generator that is stepped, crashed, frozen or robbed of its lock."""

from __future__ import annotations

from collections.abc import Callable
from random import Random
from typing import Any

from tests.model import batch, environment, invariants, speed, upkeep
from tests.model.database import Blocked, Steps
from tests.model.invariants import Violation
from tests.model.labels import LABELS
from tests.model.rules import Rules
from tests.model.world import JobFailed, World

STARTS: dict[str, Callable[[World, Rules, str, Random], Steps]] = {
    "speed-1": speed.run,
    "speed-2": speed.run,
    "batch-1": lambda world, rules, name, _: batch.start(world, rules, name),
    "batch-2": lambda world, rules, name, _: batch.start(world, rules, name),
    "vacuum": lambda world, rules, name, _: upkeep.vacuum(world, rules, name),
}


class Job:
    """A running process and the step it stands before."""

    def __init__(self, name: str, steps: Steps) -> None:
        self.name = name
        self.steps = steps
        self.before: Any = "start"
        self.frozen = False

    @property
    def label(self) -> str:
        """The step this job would do next."""
        return self.before.label if isinstance(self.before, Blocked) else self.before


class Run:
    """One world with its processes. `apply` does one action and checks the invariants."""

    def __init__(self, rules: Rules) -> None:
        self.rules = rules
        self.world = World()
        self.jobs: dict[str, Job] = {}
        self.failpoints: dict[str, str] = {}
        self.trace: list[str] = []
        self.labels: set[str] = set()
        self.steps = 0
        self._checked: tuple = ()

    def apply(self, action: str, target: str, seed: int) -> None:
        """One action; one that does not fit the moment does nothing."""
        random = Random(seed)
        if action in environment.ACTIONS:
            found = environment.ACTIONS[action](self.world, random)
            if found is not None:
                self._tell(f"{action}: {found}")
        else:
            getattr(self, action)(target, random)
        self._check()

    def step(self, name: str, random: Random) -> None:
        """The next step of a job that can go on; one that is not there starts."""
        job = self.jobs.get(name)
        if job is None and self._would_be_refused(name) and random.random() < 0.95:
            return
        if job is None:
            job = self.jobs[name] = Job(name, STARTS[name](self.world, self.rules, name, random))
        if not job.frozen and not self._blocked(job):
            self._advance(job)

    def crash(self, name: str, random: Random) -> None:
        """SIGKILL before the job's next step."""
        if name in self.jobs:
            self.failpoints.pop(name, None)
            self._note_end(f"crash before {self.jobs[name].label}", name)

    def failpoint(self, name: str, random: Random) -> None:
        """From now on the job crashes when it comes before one of its steps."""
        self.failpoints[name] = random.choice(LABELS[name.split("-")[0]])

    def lose_lock(self, name: str, random: Random) -> None:
        """The session's advisory lock is gone, the process does not know, and goes on when it is scheduled again."""
        if name in self.jobs and name in self.world.database.advisory.values():
            self.world.database.release_advisory(name)
            self.jobs[name].frozen = random.random() < 0.8
            self.world.note("lock lost")
            self._tell(f"{name} loses its lock before {self.jobs[name].label}")

    def thaw(self, name: str, random: Random) -> None:
        """A frozen process goes on."""
        if name in self.jobs and self.jobs[name].frozen:
            self.jobs[name].frozen = False
            self._tell(f"{name} thaws before {self.jobs[name].label}")

    def time_out(self, name: str, random: Random) -> None:
        """lock_timeout: a job that waits for a row gives up."""
        if name in self.jobs and self._blocked(self.jobs[name]):
            self._note_end("lock timeout", name)

    def restore(self, target: str, random: Random) -> None:
        """The database is restored from the copy. Sessions end; a streaming job between transactions lives on."""
        if not environment.can_restore(self.world):
            return
        in_transaction = {tx.session for tx in self.world.database.open}
        for name in list(self.jobs):
            if not name.startswith("speed") or name in in_transaction:
                self._note_end("killed by a restore", name)
            self.world.database.release_advisory(name)
        self.world.database.tables = {table: dict(rows) for table, rows in self.world.backup.items()}
        self.world.note("database restored")
        self._tell("restore the database")

    def quiet(self, target: str, random: Random) -> None:
        """Everything stops, files heal, both jobs run to their end alone; then a second time, to change nothing."""
        for name in list(self.jobs):
            self._note_end("killed for the quiet", name)
        self.failpoints.clear()
        self.world.damaged.clear()
        self._tell("quiet: both jobs run undisturbed")
        self._drain(random)
        invariants.check_quiet(self.world)
        before = invariants.contents(self.world)
        self._drain(random)
        if invariants.contents(self.world) != before:
            raise Violation("I6", "a second run of both jobs changed what the first left")
        self.world.note("quiet")

    def _drain(self, random: Random) -> None:
        for _ in range(200):
            if self._drained():
                break
            self._run_alone("speed-1", random)
        for name in ("batch-1", "vacuum"):
            self._run_alone(name, random)

    def _drained(self) -> bool:
        offsets = self.world.database.tables["stream_offset"]
        return all(p in offsets and offsets[p].next == self.world.log_end(p) for p in self.world.log_start)

    def _run_alone(self, name: str, random: Random) -> None:
        self.step(name, Random(random.random()))
        while name in self.jobs:
            self.step(name, random)
            self._check()

    def _would_be_refused(self, name: str) -> bool:
        return name.split("-")[0] in self.world.database.advisory

    def _advance(self, job: Job) -> None:
        self.steps += 1
        self._tell(f"{job.name}: {job.label}")
        try:
            job.before = next(job.steps)
        except StopIteration:
            self._end(job.name, "ends")
        except JobFailed as fault:
            self.world.note(f"stopped by itself: {fault}")
            self._end(job.name, f"stops by itself: {fault}")
        else:
            self.labels.add(job.label)
            if self.failpoints.get(job.name) == job.label:
                self.crash(job.name, Random())
                return
            if self._blocked(job):
                self._tell(f"{job.name} waits for {job.before.row}")
                self._refuse_deadlock(job)

    def _blocked(self, job: Job) -> bool:
        wait = job.before
        return isinstance(wait, Blocked) and not self.world.database.grants(wait.transaction, wait.row, wait.mode)

    def _refuse_deadlock(self, job: Job) -> None:
        """Follow who waits for whom; a circle is a fault of the order in which rows are locked."""
        seen: set[str] = set()
        waiting = [job]
        while waiting:
            current = waiting.pop()
            if not self._blocked(current):
                continue
            self.world.note("waited for a row lock")
            for holder in self.world.database.locks[current.before.row]:
                if holder.session == job.name and current is not job:
                    raise Violation("deadlock", f"{job.name} at {job.label} and {current.name} at {current.label}")
                if holder.session in self.jobs and holder.session not in seen:
                    seen.add(holder.session)
                    waiting.append(self.jobs[holder.session])

    def _note_end(self, fact: str, name: str) -> None:
        self.world.note(fact)
        self._end(name, fact)

    def _end(self, name: str, how: str) -> None:
        self._tell(f"{name} {how}")
        self.jobs.pop(name).steps.close()
        self.world.database.end_session(name)

    def _check(self) -> None:
        database = self.world.database
        state = (database.commits, len(self.world.disk), self.world.seen["database restored"], self.world.now)
        if state != self._checked:
            self._checked = state
            invariants.check(self.world)

    def _tell(self, line: str) -> None:
        self.trace.append(line)
