"""The batch job: seal, find the touched hours, read, prove, publish, judge finality, compact."""

from __future__ import annotations

from tests.model.database import Steps
from tests.model.finality import judge_finality
from tests.model.invariants import Violation
from tests.model.publish import publish
from tests.model.reading import BatchRun, Judged, read_hour
from tests.model.rules import Rules, published_generation, raw_sums, touched_by_files
from tests.model.upkeep import compact, delete_superseded
from tests.model.world import Damaged, World


def start(world: World, rules: Rules, name: str) -> Steps:
    """One start of the job: publish what is touched, judge finality, then compact and clear away."""
    yield "batch: take the lock"
    if world.database.advisory.setdefault("batch", name) != name:
        world.note("second batch run left")
        return
    run = BatchRun(world, rules, name)
    touched = yield from seal_and_find(run)
    for hour in touched:
        yield from recompute(run, hour)
    yield from judge_finality(run)
    yield from compact(world, rules, name)
    yield from delete_superseded(world, name)


def seal_and_find(run: BatchRun) -> Steps:
    """Seal a generation; then, in statements begun after that commit, find the touched hours and their files."""
    at_seal = run.world.database.rows("archive_file")
    tx = run.world.database.begin(run.name)
    run.sealed, run.offsets = yield from run.rules.seal(tx)
    yield from tx.commit("seal: commit")
    yield "batch: find touched hours"
    run.states = run.world.database.rows("hour_state")
    files = run.rules.list_files(run.world, at_seal)
    touched = touched_by_files(files, run.states, run.sealed, run.rules.newly_sealed)
    touched |= run.rules.touched_by_metadata(run.world, run.states)
    yield "batch: list their files"
    run.files = run.rules.list_files(run.world, at_seal)
    yield "batch: read metadata"
    run.quotas = run.world.database.rows("user_metadata")
    return sorted(touched)


def recompute(run: BatchRun, hour: int) -> Steps:
    """One hour: read its files, prove the count, publish. A fault costs this hour only."""
    try:
        judged = yield from read_hour(run, hour)
    except Damaged:
        run.world.note("hour with a damaged file left as it was")
        return
    if not judged.events:
        run.world.note("hour has nothing sealed for this run")
        return
    proved = yield from prove(run, hour, judged)
    if proved:
        yield from publish(run, hour, judged)


def prove(run: BatchRun, hour: int, judged: Judged) -> Steps:
    """The newly sealed files hold what the realtime rows say; else the hour keeps what it has."""
    yield "batch: prove"
    published = published_generation(run.states.get(hour))
    realtime: dict[str, int] = {}
    for (generation, row_hour, user), value in run.world.database.rows("bytes").items():
        if row_hour == hour and run.rules.newly_sealed(generation, published, run.sealed):
            realtime[user] = realtime.get(user, 0) + value
    if realtime == raw_sums(judged.newly_sealed):
        return True
    if run.world.database.rows("hour_state").get(hour) == run.states.get(hour):
        raise Violation("proof", f"hour {hour}: realtime {realtime} but files {raw_sums(judged.newly_sealed)}")
    run.world.note("proof refused: another run has published the hour")
    return False
