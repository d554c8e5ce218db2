"""Every decision the protocol makes, one small function each. A mutant is these rules with one of them replaced."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable
from dataclasses import dataclass
from typing import Any

from tests.model.database import EXCLUSIVE, SHARE, Steps, Transaction
from tests.model.world import TOPIC, Event, HourState, ListedFile, Offsets, World

NEVER_PUBLISHED = 0


def generation_for_share(tx: Transaction, label: str) -> Steps:
    """A commit that lists files holds the generation row, so that a seal and a vacuum wait for it."""
    return (yield from tx.lock(label, "generation", TOPIC, mode=SHARE))


def generation_for_update(tx: Transaction, label: str) -> Steps:
    """A vacuum holds the generation row, so that nobody lists a file meanwhile."""
    return (yield from tx.lock(label, "generation", TOPIC, mode=EXCLUSIVE))


def tag(generation: int) -> int:
    """The generation a realtime row is tagged with."""
    return generation


def files_on_disk(world: World, paths: Iterable[str]) -> bool:
    """Looked at after the generation row is held: a vacuum may have removed a file nobody had listed."""
    return all(path in world.disk for path in paths)


def offset_guard(next_offset: int, expected: int) -> bool:
    """The WHERE of the offset's update: only the slice that follows may be counted."""
    return next_offset == expected


def file_key(path: str, events: tuple[Event, ...]) -> Hashable:
    """One file per task and hour, whichever attempt wrote it."""
    return events[0].partition, events[0].offset, events[0].hour


def seal(tx: Transaction) -> Steps:
    """One update, in a transaction of its own; returns the sealed generation and the offsets at that moment."""
    yield from tx.update("seal: next generation", "generation", [TOPIC], lambda generation: generation + 1)
    yield "seal: read offsets"
    return tx.rows("generation")[TOPIC] - 1, tx.rows("stream_offset")


def list_files(world: World, at_seal: dict[str, ListedFile]) -> dict[str, ListedFile]:
    """The files as a statement begun after the seal's commit sees them."""
    return world.database.rows("archive_file")


def newly_sealed(generation: int, published_generation: int, sealed: int) -> bool:
    """Whether something of this generation is what a publish takes over."""
    return published_generation < generation <= sealed


def touched_by_files(
    files: dict[str, ListedFile], states: dict[int, HourState], sealed: int, fits: Callable
) -> set[int]:
    """Hours with newly sealed files, late data and hours that failed before included."""
    return {
        file.hour
        for file in files.values()
        if file.superseded is None and fits(file.generation, published_generation(states.get(file.hour)), sealed)
    }


def touched_by_metadata(world: World, states: dict[int, HourState]) -> set[int]:
    """Published hours with a user whose quota was unknown, or has changed while the hour is not final."""
    quotas, judged = world.database.rows("user_metadata"), world.database.rows("hour_quota")
    return {
        hour
        for hour, user in world.database.rows("bytes_batch")
        if user in quotas
        and ((hour, user) not in judged or (not states[hour].final and judged[hour, user] != quotas[user]))
    }


def identity(event: Event) -> Hashable:
    """What makes two messages one event: the event_id within the event hour, else the place in Kafka."""
    return event.place if event.event_id is None else (event.hour, event.event_id)


def fence(tx: Transaction, hour: int, read: HourState | None, state: HourState) -> Steps:
    """The publish's first statement: the hour is as it was read, and not published by a later run; 1, or refused."""
    if read is None:
        return (yield from tx.insert("publish: fence", "hour_state", {hour: state}))
    return (
        yield from tx.update(
            "publish: fence",
            "hour_state",
            [hour],
            lambda row: republished(row, state),
            lambda row: unfenced(row, read, state),
        )
    )


def unfenced(row: HourState, read: HourState | None, state: HourState) -> bool:
    """The fence's two conditions."""
    return read is not None and row.revision == read.revision and row.published_generation <= state.published_generation


def republished(row: HourState, state: HourState) -> HourState:
    """The hour's row after one more publish; finality stays."""
    return row._replace(
        published_generation=state.published_generation,
        revision=row.revision + 1,
        first_arrival=min(row.first_arrival, state.first_arrival),
    )


def conflicts_to_clear(places: set[tuple[int, int]], key: tuple[int, int]) -> bool:
    """An earlier arrival may turn an old conflict into a repeat, so the hour's conflicts are written anew."""
    return key in places


def realtime_to_delete(generation: int, row_hour: int, hour: int, sealed: int) -> bool:
    """A publish takes over its own hour up to the sealed generation."""
    return row_hour == hour and generation <= sealed


def quotas_to_judge_by(judged: dict, current: dict, *, final: bool) -> dict:
    """A final hour keeps the quotas it was judged by; a user who had none is judged by the one that came."""
    return {**current, **judged} if final else current


def finality_offsets(world: World, sealed_offsets: dict[int, Offsets]) -> dict[int, Offsets]:
    """What was counted when the generation was sealed, not what has been counted since."""
    return sealed_offsets


def nothing_unpublished(files: Iterable[ListedFile], hour: int, published: int, sealed: int) -> bool:
    """The hour has no listed file that its last publish did not hold."""
    return not any(
        file.hour == hour and file.superseded is None and newly_sealed(file.generation, published, sealed)
        for file in files
    )


def quotas_up_to_date(judged: dict, current: dict) -> bool:
    """No quota came or changed since the hour was judged: such a change counts, so the next run publishes first."""
    return judged == current


def compaction_fence(tx: Transaction, hour: int, read: HourState) -> Steps:
    """SELECT … FOR UPDATE of the hour: nobody has published it since its files were read."""
    row = yield from tx.lock("compact: fence", "hour_state", hour, mode=EXCLUSIVE)
    return row is not None and row.revision == read.revision


def all_superseded(marked: int, read: int) -> bool:
    """Exactly the rows read were marked."""
    return marked == read


def compacted_events(events: list[Event]) -> list[Event]:
    """Every row is kept, repeats too."""
    return events


def compacted_generation(world: World, read: HourState) -> int:
    """The published one: the rows are in the batch view already."""
    return read.published_generation


def published_generation(state: HourState | None) -> int:
    """Up to which generation the hour is published."""
    return NEVER_PUBLISHED if state is None else state.published_generation


def raw_sums(events: Iterable[Event]) -> dict[str, int]:
    """Bytes per user, repeats counted."""
    sums: dict[str, int] = defaultdict(int)
    for event in events:
        sums[event.user] += event.value
    return dict(sums)


@dataclass(frozen=True)
class Rules:
    """The policies of one protocol; the defaults are the product's."""

    hold_generation: Callable[..., Steps] = generation_for_share
    tag: Callable[[int], Any] = tag
    files_on_disk: Callable[..., bool] = files_on_disk
    offset_guard: Callable[[int, int], bool] = offset_guard
    file_key: Callable[..., Hashable] = file_key
    seal: Callable[[Transaction], Steps] = seal
    list_files: Callable[..., dict] = list_files
    newly_sealed: Callable[..., bool] = newly_sealed
    touched_by_metadata: Callable[..., set[int]] = touched_by_metadata
    identity: Callable[[Event], Hashable] = identity
    fence: Callable[..., Steps] = fence
    conflicts_to_clear: Callable[..., bool] = conflicts_to_clear
    realtime_to_delete: Callable[..., bool] = realtime_to_delete
    quotas_to_judge_by: Callable[..., dict] = quotas_to_judge_by
    finality_offsets: Callable[..., dict] = finality_offsets
    nothing_unpublished: Callable[..., bool] = nothing_unpublished
    quotas_up_to_date: Callable[..., bool] = quotas_up_to_date
    compaction_fence: Callable[..., Steps] = compaction_fence
    compaction_hold: Callable[..., Steps] = generation_for_share
    compaction_looks: Callable[..., bool] = files_on_disk
    all_superseded: Callable[[int, int], bool] = all_superseded
    compacted_events: Callable[[list[Event]], list[Event]] = compacted_events
    compacted_generation: Callable[..., int] = compacted_generation
    vacuum_lock: Callable[..., Steps] = generation_for_update


RIGHT = Rules()
