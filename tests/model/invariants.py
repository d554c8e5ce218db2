"""What must hold after each step, judged from Kafka's whole history by code the jobs do not use."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

from tests.model.world import CONFLICT, GRACE, HOUR, PARTITIONS, Event, ListedFile, World


class Violation(AssertionError):
    """An invariant does not hold; says which, and what was found."""

    def __init__(self, invariant: str, found: str) -> None:
        super().__init__(f"{invariant}: {found}")
        self.invariant = invariant


class Archive:
    """The listed files that are not superseded, as rows of their hours."""

    def __init__(self, world: World) -> None:
        tables = world.database.tables
        self.listed: dict[str, ListedFile] = {p: f for p, f in tables["archive_file"].items() if f.superseded is None}
        self.published = {hour: state.published_generation for hour, state in tables["hour_state"].items()}
        self.events: dict[int, list[tuple[Event, bool]]] = defaultdict(list)
        for path, file in self.listed.items():
            if len(world.disk.get(path, ())) != file.rows:
                raise Violation("archive", f"{path} is listed with {file.rows} rows, on disk are other ones or none")
            in_view = file.generation <= self.published.get(file.hour, 0)
            self.events[file.hour] += [(event, in_view) for event in world.disk[path]]

    def taken_over(self, hour: int) -> list[Event]:
        """The hour's rows that its last publish counted, by arrival."""
        return sorted((event for event, in_view in self.events[hour] if in_view), key=lambda event: event.order)

    def waiting(self, hour: int) -> list[Event]:
        """The hour's rows that no publish has counted."""
        return [event for event, in_view in self.events[hour] if not in_view]


def check(world: World) -> None:
    """All invariants that hold after every step; raises Violation."""
    archive = Archive(world)
    check_offsets(world, archive)
    check_views(world, archive)
    check_conflicts(world, archive)
    check_violations(world)
    check_finality(world, archive)


def check_offsets(world: World, archive: Archive) -> None:
    """I1, I2: every offset passed is stored, dead-lettered or a gap, exactly once; rows are as they were sent."""
    passed: dict[int, list[int]] = defaultdict(list)
    for events in archive.events.values():
        for event, _ in events:
            passed[event.partition].append(event.offset)
            if world.history[event.partition][event.offset] != event:
                raise Violation("I1", f"{event} is not what was sent")
    for (partition, offset), reason in world.database.tables["dead_letter"].items():
        if reason != CONFLICT:
            passed[partition].append(offset)
    for partition, offset in world.database.tables["offset_gap"]:
        passed[partition].append(offset)
    for partition, row in world.database.tables["stream_offset"].items():
        if sorted(passed[partition]) != list(range(row.first, row.next)):
            raise Violation("I2", f"partition {partition} is at {row} but has {sorted(passed[partition])}")


def check_views(world: World, archive: Archive) -> None:
    """I3 batch view, I4 realtime view, I5 what is served: batch and realtime rows together, in one statement."""
    batch, realtime = world.database.tables["bytes_batch"], by_hour_and_user(world)
    hours = {key[0] for key in batch} | {key[0] for key in realtime} | set(archive.events)
    for hour in hours:
        exact = sums(first_of_each(archive.taken_over(hour))[0])
        raw = sums(archive.waiting(hour))
        expect("I3", hour, of_hour(batch, hour), exact)
        expect("I4", hour, of_hour(realtime, hour), raw)
        batch_now, realtime_now = of_hour(batch, hour), of_hour(realtime, hour)
        served = {user: batch_now.get(user, 0) + realtime_now.get(user, 0) for user in exact | raw}
        expect("I5", hour, served, {user: exact.get(user, 0) + raw.get(user, 0) for user in exact | raw})


def check_conflicts(world: World, archive: Archive) -> None:
    """A published hour's CONFLICT dead letters are the rows that differ from the first of their identity."""
    expected = {event.place for hour in archive.published for event in first_of_each(archive.taken_over(hour))[1]}
    found = {place for place, reason in world.database.tables["dead_letter"].items() if reason == CONFLICT}
    if found != expected:
        raise Violation("conflicts", f"dead letters {sorted(found)}, should be {sorted(expected)}")


def check_violations(world: World) -> None:
    """An hour's violations are its batch rows above the quotas it was judged by."""
    tables = world.database.tables
    over = {key: tables["bytes_batch"].get(key, 0) for key, quota in tables["hour_quota"].items()}
    over = {key: usage for key, usage in over.items() if usage > tables["hour_quota"][key]}
    if over != tables["user_quota_limit"]:
        raise Violation("quotas", f"violations {tables['user_quota_limit']}, should be {over}")


def check_finality(world: World, archive: Archive) -> None:
    """A final hour misses no event appended before its T, and changes only by a correction."""
    tables = world.database.tables
    for hour, state in tables["hour_state"].items():
        if not state.final:
            continue
        counted = {event.place for event in archive.taken_over(hour)}
        for event in sent_before(world, hour, state.complete_before):
            known = event.place in counted or event.place in tables["offset_gap"]
            first = tables["stream_offset"].get(event.partition)
            if not known and not (first and event.offset < first.first):
                raise Violation("finality", f"hour {hour} is final at {state.complete_before} without {event}")
        now = {key: value for key, value in tables["bytes_batch"].items() if key[0] == hour}
        expect("corrections", hour, now, corrected(world, hour, dict(state.final_values)))
        if state.final_quotas != state.quotas_then:
            raise Violation("finality", f"hour {hour} became final by {state.final_quotas}, not {state.quotas_then}")
        for key, quota in state.final_quotas:
            if tables["hour_quota"].get(key) != quota:
                raise Violation("finality", f"{key} was final with quota {quota}, now {tables['hour_quota'].get(key)}")


def check_quiet(world: World) -> None:
    """Right after both jobs ran to their end undisturbed and all files are whole: nothing waits or is left over."""
    tables, archive = world.database.tables, Archive(world)
    for partition in PARTITIONS:
        counted = tables["stream_offset"].get(partition)
        if (counted.next if counted else world.log_start[partition]) != world.log_end(partition):
            raise Violation("I1", f"partition {partition} was drained to {counted} of {world.log_end(partition)}")
    if tables["bytes"]:
        raise Violation("takeover", f"realtime rows were left: {tables['bytes']}")
    if set(world.disk) != set(tables["archive_file"]):
        raise Violation("vacuum", f"files and rows differ: {set(world.disk) ^ set(tables['archive_file'])}")
    for hour, state in tables["hour_state"].items():
        check_quotas_now(world, hour, final=state.final)
        first = min(event.append_time for event, _ in archive.events[hour])
        if not state.final and world.now >= max((hour + 1) * HOUR, first) + GRACE:
            raise Violation("finality", f"hour {hour} could be final and is not")


def check_quotas_now(world: World, hour: int, *, final: bool) -> None:
    """A user with a quota is judged by it; by the one of then when the hour is final."""
    tables = world.database.tables
    for key in [key for key in tables["bytes_batch"] if key[0] == hour]:
        quota, judged = tables["user_metadata"].get(key[1]), tables["hour_quota"].get(key)
        if (quota is None) != (judged is None) or (not final and quota != judged):
            raise Violation("quotas", f"{key} was judged by {judged}, the user's quota is {quota}")


def contents(world: World) -> dict:
    """All tables without generations, revisions, paths and times: what a second run must leave the same (I6)."""
    tables = world.database.tables
    return {
        "events": sorted(event for path in Archive(world).listed for event in world.disk[path]),
        "hours": {hour: (state.first_arrival, state.final) for hour, state in tables["hour_state"].items()},
        **{
            name: dict(tables[name])
            for name in ("stream_offset", "offset_gap", "dead_letter", "bytes", "bytes_batch", "hour_quota")
        },
        **{name: dict(tables[name]) for name in ("user_quota_limit", "correction")},
    }


def first_of_each(events: Iterable[Event]) -> tuple[list[Event], list[Event]]:
    """Of rows by arrival: the first of each identity, and the later ones with other content."""
    firsts: dict[tuple, Event] = {}
    conflicts = []
    for event in events:
        name = (event.event_id,) if event.event_id is not None else event.place
        first = firsts.setdefault(name, event)
        if (first.user, first.value) != (event.user, event.value):
            conflicts.append(event)
    return list(firsts.values()), conflicts


def sums(events: Iterable[Event]) -> dict[str, int]:
    """Bytes per user."""
    totals: dict[str, int] = {}
    for event in events:
        totals[event.user] = totals.get(event.user, 0) + event.value
    return totals


def by_hour_and_user(world: World) -> dict[tuple[int, str], int]:
    """Realtime rows without their generation."""
    totals: dict[tuple[int, str], int] = defaultdict(int)
    for (_, hour, user), value in world.database.tables["bytes"].items():
        totals[hour, user] += value
    return dict(totals)


def of_hour(rows: dict, hour: int) -> dict[str, int]:
    """One hour's values by user."""
    return {user: value for (row_hour, user), value in rows.items() if row_hour == hour}


def sent_before(world: World, hour: int, time: int) -> list[Event]:
    """The hour's good messages appended before a time, read or not."""
    return [
        event
        for events in world.history.values()
        for event in events
        if event and event.hour == hour and event.append_time < time
    ]


def corrected(world: World, hour: int, values: dict) -> dict:
    """What the hour showed when it became final, and the corrections since."""
    for (row_hour, _, user), change in world.database.tables["correction"].items():
        if row_hour == hour:
            values[hour, user] = values.get((hour, user), 0) + change
    return {key: value for key, value in values.items() if value}


def expect(invariant: str, hour: int, found: dict, expected: dict) -> None:
    """Equal, or a Violation that shows both."""
    if found != expected:
        raise Violation(invariant, f"hour {hour} has {found}, should have {expected}")
