"""One hour, one transaction: the fence, then everything the hour shows."""

from __future__ import annotations

from tests.model.database import Steps, Transaction
from tests.model.reading import BatchRun, Judged, of_hour
from tests.model.rules import raw_sums
from tests.model.world import CONFLICT, HourState, JobFailed


def publish(run: BatchRun, hour: int, judged: Judged) -> Steps:
    """One transaction: the fence first, then everything the hour shows."""
    tx = run.world.database.begin(run.name)
    state = HourState(run.sealed, 1, min(event.append_time for event in judged.events))
    changed = yield from run.rules.fence(tx, hour, run.states.get(hour), state)
    if changed != 1:
        tx.rollback()
        run.world.note("fence refused a publish")
        return
    yield from write_conflicts(run, tx, judged)
    old = yield from write_batch_rows(tx, hour, raw_sums(judged.distinct))
    yield from write_violations(run, tx, hour)
    yield from tx.delete(
        "publish: delete realtime rows",
        "bytes",
        lambda key: run.rules.realtime_to_delete(key[0], key[1], hour, run.sealed),
    )
    yield from write_correction(run, tx, hour, old)
    yield from tx.commit("publish: commit")
    run.world.note("hour published")
    yield "publish: after the commit"


def write_conflicts(run: BatchRun, tx: Transaction, judged: Judged) -> Steps:
    """The hour's CONFLICT dead letters, written anew."""
    places, letters = {event.place for event in judged.events}, tx.rows("dead_letter")
    yield from tx.delete(
        "publish: clear conflicts",
        "dead_letter",
        lambda key: letters.get(key) == CONFLICT and run.rules.conflicts_to_clear(places, key),
    )
    conflicts = dict.fromkeys((event.place for event in judged.conflicts), CONFLICT)
    yield from tx.insert("publish: conflicts", "dead_letter", conflicts)


def write_batch_rows(tx: Transaction, hour: int, sums: dict[str, int]) -> Steps:
    """Replace the hour's rows; returns the old ones. A row that is there already is a unique violation."""
    old = yield from tx.delete("publish: delete batch rows", "bytes_batch", lambda key: key[0] == hour)
    rows = {(hour, user): value for user, value in sums.items()}
    inserted = yield from tx.insert("publish: insert batch rows", "bytes_batch", rows)
    if inserted != len(rows):
        raise JobFailed("unique violation in a batch view")
    return old


def write_violations(run: BatchRun, tx: Transaction, hour: int) -> Steps:
    """The quotas the hour is judged by, and the users above theirs; a user without metadata is counted only."""
    usage = of_hour(tx, "bytes_batch", hour)
    current = {key: run.quotas[key[1]] for key in usage if key[1] in run.quotas}
    judged = {key: quota for key, quota in tx.rows("hour_quota").items() if key in usage}
    quotas = run.rules.quotas_to_judge_by(judged, current, final=tx.rows("hour_state")[hour].final)
    over = {key: usage[key] for key, quota in quotas.items() if usage[key] > quota}
    for table, rows in (("hour_quota", quotas), ("user_quota_limit", over)):
        yield from tx.delete(f"publish: replace {table}", table, lambda key: key[0] == hour)
        yield from tx.insert(f"publish: insert {table}", table, rows)


def write_correction(run: BatchRun, tx: Transaction, hour: int, old: dict) -> Steps:
    """What a publish changes in a final hour is kept; whether it is final the fence's own row says."""
    state = tx.rows("hour_state")[hour]
    new = of_hour(tx, "bytes_batch", hour)
    changes = {key: new.get(key, 0) - old.get(key, 0) for key in {**old, **new}}
    if state.final and any(changes.values()):
        rows = {(hour, state.revision, user): change for (_, user), change in changes.items() if change}
        yield from tx.insert("publish: correction", "correction", rows)
        run.world.note("correction of a final hour")
