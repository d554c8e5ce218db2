"""The rules with one mistake each. The invariants must find every one of them."""

from __future__ import annotations

from dataclasses import replace

from tests.model import rules
from tests.model.database import Steps, Transaction
from tests.model.invariants import first_of_each
from tests.model.rules import RIGHT, Rules
from tests.model.world import TOPIC, HourState


def untagged_newly_sealed(generation: int | None, published: int, sealed: int) -> bool:
    """Without a tag every row looks sealed."""
    return generation is None or rules.newly_sealed(generation, published, sealed)


def untagged_to_delete(generation: int | None, row_hour: int, hour: int, sealed: int) -> bool:
    """Without a tag every row of the hour goes."""
    return row_hour == hour and (generation is None or generation <= sealed)


def no_fence(tx: Transaction, hour: int, read: HourState | None, state: HourState) -> Steps:
    """An upsert that asks nothing."""
    inserted = yield from tx.insert("publish: fence", "hour_state", {hour: state})
    if inserted:
        return 1
    return (yield from tx.update("publish: fence", "hour_state", [hour], lambda row: rules.republished(row, state)))


def fence_by_select(tx: Transaction, hour: int, read: HourState | None, state: HourState) -> Steps:
    """Looks, and then writes: another publish fits in between."""
    yield "publish: look at the fence"
    row = tx.rows("hour_state").get(hour)
    if row != read and not (row and rules.unfenced(row, read, state)):
        return 0
    return (yield from no_fence(tx, hour, read, state))


def fence_without_generation(tx: Transaction, hour: int, read: HourState | None, state: HourState) -> Steps:
    """The revision alone: an older run that read the hour after a newer one published it gets through."""
    newest = state._replace(published_generation=10**9)
    if read is None:
        return (yield from rules.fence(tx, hour, read, state))
    return (
        yield from tx.update(
            "publish: fence",
            "hour_state",
            [hour],
            lambda row: rules.republished(row, state),
            lambda row: rules.unfenced(row, read, newest),
        )
    )


def seal_and_list_at_once(world, at_seal):
    """One statement that seals and lists: its snapshot is older than the commits the seal waited for."""
    return at_seal


def no_lock(tx: Transaction, label: str) -> Steps:
    """Reads the generation without holding it."""
    yield label
    return tx.rows("generation")[TOPIC]


def no_compaction_fence(tx: Transaction, hour: int, read: HourState) -> Steps:
    """Takes the hour as it was read."""
    yield "compact: no fence"
    return True


def only_new_files(world, states):
    """Metadata touches no hour."""
    return set()


MUTANTS: dict[str, Rules] = {
    "rows not tagged": replace(
        RIGHT, tag=lambda _: None, newly_sealed=untagged_newly_sealed, realtime_to_delete=untagged_to_delete
    ),
    "realtime deleted for all hours at once": replace(
        RIGHT, realtime_to_delete=lambda g, row_hour, hour, sealed: g <= sealed
    ),
    "newly sealed is g only": replace(RIGHT, newly_sealed=lambda generation, published, sealed: generation == sealed),
    "no fence": replace(RIGHT, fence=no_fence),
    "fence by SELECT": replace(RIGHT, fence=fence_by_select),
    "offsets compared with <=": replace(RIGHT, offset_guard=lambda next_offset, expected: next_offset <= expected),
    "offsets compared with >=": replace(RIGHT, offset_guard=lambda next_offset, expected: next_offset >= expected),
    "no offset guard": replace(RIGHT, offset_guard=lambda next_offset, expected: True),
    "compaction drops repeats": replace(RIGHT, compacted_events=lambda events: first_of_each(events)[0]),
    "compaction takes the current generation": replace(
        RIGHT, compacted_generation=lambda world, read: world.database.rows("generation")[TOPIC]
    ),
    "compaction without a fence": replace(
        RIGHT, compaction_fence=no_compaction_fence, all_superseded=lambda marked, read: True
    ),
    "event_id alone across hours": replace(RIGHT, identity=lambda event: event.event_id or event.place),
    "finality by the current offset": replace(
        RIGHT, finality_offsets=lambda world, sealed: world.database.rows("stream_offset")
    ),
    "finality of an older publish": replace(RIGHT, nothing_unpublished=lambda files, hour, published, sealed: True),
    "vacuum without the row lock": replace(RIGHT, vacuum_lock=no_lock),
    "files keyed by path": replace(RIGHT, file_key=lambda path, events: path),
    "violations only for hours with new files": replace(RIGHT, touched_by_metadata=only_new_files),
    # found on the way; each is a wall of its own
    "generation not held by the commit": replace(RIGHT, hold_generation=no_lock),
    "commit does not look for its files": replace(RIGHT, files_on_disk=lambda world, paths: True),
    "sealed and listed at once": replace(RIGHT, list_files=seal_and_list_at_once),
    "compaction does not look for its file": replace(RIGHT, compaction_looks=lambda world, paths: True),
    "compaction does not hold the generation": replace(RIGHT, compaction_hold=no_lock),
    "conflicts only added": replace(RIGHT, conflicts_to_clear=lambda places, key: False),
    "final hour judged by today's quota": replace(RIGHT, quotas_to_judge_by=lambda judged, current, final: current),
    "finality with an outdated quota": replace(RIGHT, quotas_up_to_date=lambda judged, current: True),
    "fence without the generation": replace(RIGHT, fence=fence_without_generation),
}

# Too narrow for random schedules: a test of its own leads both runs through it step by step.
RARE = frozenset({"fence without the generation"})
