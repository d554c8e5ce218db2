"""What follows a publish: compaction, the end of superseded files, and the vacuum of files nobody lists."""

from __future__ import annotations

from tests.model.database import Steps
from tests.model.rules import Rules, published_generation
from tests.model.world import SUPERSEDED_GRACE, Damaged, HourState, ListedFile, World


def compact(world: World, rules: Rules, name: str) -> Steps:
    """The files of each published hour become one. Candidates are found in the database, so a crash only delays."""
    yield "compact: find candidates"
    states, files = world.database.rows("hour_state"), world.database.rows("archive_file")
    for hour, state in sorted(states.items()):
        listed = {path: file for path, file in files.items() if in_batch_view(file, hour, state)}
        if len(listed) > 1:
            yield from compact_hour(world, rules, name, state, listed)


def in_batch_view(file: ListedFile, hour: int, state: HourState) -> bool:
    """Whether the hour's last publish counted the file."""
    return file.hour == hour and file.superseded is None and file.generation <= published_generation(state)


def compact_hour(world: World, rules: Rules, name: str, state: HourState, listed: dict[str, ListedFile]) -> Steps:
    """Write one file, then swap it for those it was made of in one transaction."""
    hour = next(iter(listed.values())).hour
    try:
        events = []
        for path, file in listed.items():
            yield "compact: read a file"
            events += world.read_file(path, file.rows)
    except Damaged:
        world.note("compaction skipped a damaged file")
        return
    yield "compact: write the file"
    kept = rules.compacted_events(sorted(events, key=lambda event: event.order))
    path = world.write_file(hour, kept)
    yield from swap(world, rules, name, state, listed, {path: (hour, len(kept))})


def swap(world: World, rules: Rules, name: str, state: HourState, listed: dict, made: dict) -> Steps:
    """The compacting transaction; refused when the hour, its files or the new file are not as they were."""
    [(path, (hour, rows))] = made.items()
    tx = world.database.begin(name)
    yield from rules.compaction_hold(tx, "compact: hold the generation")
    looked = rules.compaction_looks(world, made)
    fenced = yield from rules.compaction_fence(tx, hour, state)
    marked = yield from tx.update(
        "compact: supersede",
        "archive_file",
        list(listed),
        lambda row: row._replace(superseded=world.now),
        lambda row: row.superseded is None,
    )
    if not (looked and fenced and rules.all_superseded(marked, len(listed))):
        tx.rollback()
        world.note("fence refused a compaction" if looked else "a compacted file was vacuumed before its commit")
        return
    file = ListedFile(hour, rows, rules.compacted_generation(world, state))
    yield from tx.insert("compact: list the file", "archive_file", {path: file})
    yield from tx.commit("compact: commit")
    world.note("hour compacted")


def delete_superseded(world: World, name: str) -> Steps:
    """Superseded files go after a grace: first the file, then its row."""
    yield "superseded: list"
    files = world.database.rows("archive_file").items()
    old = [
        path for path, file in files if file.superseded is not None and file.superseded + SUPERSEDED_GRACE <= world.now
    ]
    for path in old:
        yield "superseded: unlink"
        world.unlink(path)
        world.note("superseded file deleted")
    if old:
        tx = world.database.begin(name)
        yield from tx.delete("superseded: delete rows", "archive_file", lambda path: path in old)
        yield from tx.commit("superseded: commit")


def vacuum(world: World, rules: Rules, name: str) -> Steps:
    """Remove the files that no row lists, while nobody can list one."""
    tx = world.database.begin(name)
    yield from rules.vacuum_lock(tx, "vacuum: hold the generation")
    yield "vacuum: list rows"
    listed = tx.rows("archive_file")
    yield "vacuum: list files"
    for path in [path for path in world.disk if path not in listed]:
        yield "vacuum: unlink"
        world.unlink(path)
        world.note("unlisted file vacuumed")
    yield from tx.commit("vacuum: commit")
