"""The streaming job: slices of Kafka, files written by tasks, and the one transaction that makes them count."""

from __future__ import annotations

from random import Random
from typing import NamedTuple

from tests.model.database import Steps, Transaction
from tests.model.rules import Rules, raw_sums
from tests.model.world import PARTITIONS, REJECTED, Event, JobFailed, ListedFile, Offsets, World


class Span(NamedTuple):
    """The messages of one partition in one slice; offsets in [first, next) without a message are gaps."""

    first: int
    next: int
    events: tuple[Event, ...]

    @property
    def gaps(self) -> list[int]:
        """Offsets passed over without seeing a message."""
        seen = {event.offset for event in self.events}
        return [offset for offset in range(self.first, self.next) if offset not in seen]


def run(world: World, rules: Rules, name: str, random: Random) -> Steps:
    """One start of the job: a few slices, or until nothing is left."""
    yield "speed: take the lock"
    if world.database.advisory.setdefault("speed", name) != name:
        world.note("second copy of the speed layer refused")
        return
    yield "speed: read offsets"
    position = {partition: row.next for partition, row in world.database.rows("stream_offset").items()}
    yield from adopt_partitions(world, name, position)
    yield from step_over_deleted(world, rules, name, position)
    for _ in range(random.randint(1, 4)):
        spans = yield from read_slice(world, position, random)
        if spans:
            files = yield from run_tasks(world, rules, spans, random)
            yield from commit_slice(world, rules, name, spans, files)
            position.update({partition: span.next for partition, span in spans.items()})


def adopt_partitions(world: World, name: str, position: dict[int, int]) -> Steps:
    """A partition seen for the first time gets its row at once, at the first record Kafka still has. (With the first
    slice instead, one whose records were all deleted before would never have a row, and no hour would be final.)"""
    new = {p: Offsets(world.log_start[p], world.log_start[p]) for p in PARTITIONS if p not in position}
    if not new:
        return
    tx = world.database.begin(name)
    inserted = yield from tx.insert("adopt: insert offsets", "stream_offset", new)
    if inserted != len(new):
        raise JobFailed("another copy adopted the partitions")
    yield from tx.commit("adopt: commit")
    position.update({partition: row.next for partition, row in new.items()})


def step_over_deleted(world: World, rules: Rules, name: str, position: dict[int, int]) -> Steps:
    """Records that Kafka deleted before this start: the gap is recorded and passed in one transaction, loudly."""
    behind = {p: world.log_start[p] for p, expected in position.items() if expected < world.log_start[p]}
    if not behind:
        return
    tx = world.database.begin(name)
    for partition, start in sorted(behind.items()):
        yield from advance_offset(tx, rules, partition, Span(position[partition], start, ()))
        gaps = {(partition, offset): "deleted" for offset in range(position[partition], start)}
        yield from tx.insert("gap: record it", "offset_gap", gaps)
    yield from tx.commit("gap: commit")
    world.note("gap of deleted records")
    position.update(behind)


def read_slice(world: World, position: dict[int, int], random: Random) -> Steps:
    """Some messages of each partition. Records deleted meanwhile stop the query (failOnDataLoss)."""
    yield "speed: plan a slice"
    spans = {}
    for partition in PARTITIONS:
        first = position[partition]
        end = random.randint(first, max(first, world.log_end(partition)))
        if end > first:
            spans[partition] = first, end
    yield "speed: fetch a slice"
    if any(first < world.log_start[partition] for partition, (first, _) in spans.items()):
        raise JobFailed("records deleted under the reader")
    return {
        p: Span(first, end, tuple(e for e in world.history[p][first:end] if e)) for p, (first, end) in spans.items()
    }


def run_tasks(world: World, rules: Rules, spans: dict[int, Span], random: Random) -> Steps:
    """One task per partition writes one file per hour. A task run twice leaves two sets of files, under other names."""
    files: dict[object, tuple[str, tuple[Event, ...]]] = {}
    for span in spans.values():
        for attempt in range(random.choice((1, 1, 1, 2))):
            if attempt:
                world.note("task run twice")
            for hour in sorted({event.hour for event in span.events if event.hour is not None}):
                yield "speed: write a file"
                events = tuple(event for event in span.events if event.hour == hour)
                path = world.write_file(hour, events)
                files[rules.file_key(path, events)] = path, events
    return dict(files.values())


def commit_slice(world: World, rules: Rules, name: str, spans: dict[int, Span], files: dict) -> Steps:
    """The only moment at which a slice begins to count. (The balance check of the job is left out here: it would
    hide what the protocol does without it.)"""
    tx = world.database.begin(name)
    generation = yield from rules.hold_generation(tx, "commit: hold the generation")
    yield "commit: look for the files"
    if not rules.files_on_disk(world, files):
        raise JobFailed("a file was vacuumed before its commit")
    for partition, span in sorted(spans.items()):
        yield from advance_offset(tx, rules, partition, span)
    yield from record(tx, spans)
    listed = {path: ListedFile(events[0].hour, len(events), generation) for path, events in files.items()}
    yield from tx.insert("commit: list files", "archive_file", listed)
    yield from tx.add("commit: add sums", "bytes", partial_sums(spans, rules.tag(generation)))
    yield from tx.commit("commit: commit")
    yield "speed: after the commit"
    world.note("slice committed")


def advance_offset(tx: Transaction, rules: Rules, partition: int, span: Span) -> Steps:
    """UPDATE … WHERE next_offset = expected, or a conditional insert; anything but one row is a replay."""
    changed = yield from tx.update(
        "commit: advance an offset",
        "stream_offset",
        [partition],
        lambda row: row._replace(next=span.next),
        lambda row: rules.offset_guard(row.next, span.first),
    )
    if changed != 1:
        raise JobFailed("offset guard refused a slice")


def record(tx: Transaction, spans: dict[int, Span]) -> Steps:
    """Gaps and dead letters: nothing vanishes without a row."""
    gaps = {(partition, offset): "no record" for partition, span in spans.items() for offset in span.gaps}
    yield from tx.insert("commit: record gaps", "offset_gap", gaps)
    rejected = [event for span in spans.values() for event in span.events if event.hour is None]
    yield from tx.insert("commit: dead letters", "dead_letter", {event.place: REJECTED for event in rejected})


def partial_sums(spans: dict[int, Span], generation: object) -> dict[tuple, int]:
    """Raw bytes by generation, hour and user."""
    accepted = [event for span in spans.values() for event in span.events if event.hour is not None]
    return {
        (generation, hour, user): value
        for hour in {event.hour for event in accepted}
        for user, value in raw_sums(event for event in accepted if event.hour == hour).items()
    }
