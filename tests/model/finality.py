"""When an hour is final: everything appended before its T was sealed, and is published."""

from __future__ import annotations

from tests.model.database import Steps, Transaction
from tests.model.reading import BatchRun, of_hour
from tests.model.world import GRACE, HOUR, PARTITIONS, HourState, Offsets


def judge_finality(run: BatchRun) -> Steps:
    """Every hour that is not final yet, touched by this run or not."""
    yield "finality: read states"
    for hour, state in sorted(run.world.database.rows("hour_state").items()):
        complete_before = max((hour + 1) * HOUR, state.first_arrival) + GRACE
        if state.final:
            continue
        passed = yield from all_passed(run, complete_before)
        if passed:
            yield from make_final(run, hour, state, complete_before)


def all_passed(run: BatchRun, time: int) -> Steps:
    """Whether what was counted at the seal reaches, in each partition, the first message appended since `time`.
    The clock is looked at before the end of the partition: what comes after is appended later."""
    yield "finality: look at the clock"
    if run.world.now < time:
        return False
    counted = run.rules.finality_offsets(run.world, run.offsets)
    for partition in PARTITIONS:
        yield "finality: ask Kafka"
        until = run.world.first_offset_since(partition, time)
        until = run.world.log_end(partition) if until is None else until
        if counted.get(partition, Offsets(0, 0)).next < until:
            return False
    return True


def make_final(run: BatchRun, hour: int, state: HourState, complete_before: int) -> Steps:
    """UPDATE … SET final WHERE the revision is the one read AND nothing that counts is unpublished."""
    tx = run.world.database.begin(run.name)

    def complete(row: HourState) -> bool:
        files = tx.rows("archive_file").values()
        return (
            row.revision == state.revision
            and not row.final
            and run.rules.nothing_unpublished(files, hour, row.published_generation, run.sealed)
            and run.rules.quotas_up_to_date(of_hour(tx, "hour_quota", hour), current_quotas(tx, hour))
        )

    changed = yield from tx.update(
        "finality: set final", "hour_state", [hour], lambda row: as_final(tx, hour, row, complete_before), complete
    )
    yield from tx.commit("finality: commit")
    run.world.note("hour made final" if changed else "finality refused")


def as_final(tx: Transaction, hour: int, row: HourState, complete_before: int) -> HourState:
    """The hour's row, final, with the model's notes of what it shows."""
    return row._replace(
        final=True,
        complete_before=complete_before,
        final_values=tuple(of_hour(tx, "bytes_batch", hour).items()),
        final_quotas=tuple(sorted(of_hour(tx, "hour_quota", hour).items())),
        quotas_then=tuple(sorted(current_quotas(tx, hour).items())),
    )


def current_quotas(tx: Transaction, hour: int) -> dict:
    """Today's quotas of the users who have bytes in the hour."""
    quotas = tx.rows("user_metadata")
    return {key: quotas[key[1]] for key in of_hour(tx, "bytes_batch", hour) if key[1] in quotas}
