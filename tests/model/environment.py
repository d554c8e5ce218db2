"""What happens around the jobs: producers, the clock, retention, metadata, damage, a restored database."""

from __future__ import annotations

from collections.abc import Callable
from random import Random

from tests.model.world import HOUR, PARTITIONS, USERS, Event, World


def append(world: World, random: Random) -> str:
    """A producer's message reaches Kafka: new, late, repeated, conflicting, in another hour, bad; or a marker."""
    partition = random.choice(PARTITIONS)
    kind = random.choice(KINDS)
    event = MESSAGES[kind](world, random)
    if event is not None:
        event = event._replace(partition=partition, offset=world.log_end(partition), append_time=world.now)
    world.append(partition, event)
    world.note(f"sent: {kind}")
    return f"{kind} {event}"


def new(world: World, random: Random) -> Event:
    """An event of the current hour, or of the next when it is ahead of its append."""
    hour = (world.now + random.choice((0, 0, 0, 1))) // HOUR
    return Event(0, 0, 0, hour, f"e{random.randint(0, 999)}", random.choice(USERS), random.randint(2, 51))


def late(world: World, random: Random) -> Event:
    """An event of any hour so far."""
    return new(world, random)._replace(hour=random.randint(0, world.now // HOUR))


def without_id(world: World, random: Random) -> Event:
    """An event that is known by its place alone."""
    return new(world, random)._replace(event_id=None)


def repeated(world: World, random: Random) -> Event:
    """One that was sent before, the same in everything."""
    sent = [event for events in world.history.values() for event in events if event and event.event_id]
    return random.choice(sent[-5:]) if sent else new(world, random)


def conflicting(world: World, random: Random) -> Event:
    """One that was sent before, with other content; a conflict of a conflict may be the first again."""
    event = repeated(world, random)
    return event._replace(value=event.value ^ 1)


def in_another_hour(world: World, random: Random) -> Event:
    """The event_id of an earlier one in another hour: another event."""
    return repeated(world, random)._replace(hour=random.randint(0, world.now // HOUR))


def bad(world: World, random: Random) -> Event:
    """A message that no rule accepts."""
    return Event(0, 0, 0, None, None, "", 0)


def marker(world: World, random: Random) -> None:
    """An offset that carries no message."""
    return


MESSAGES: dict[str, Callable[[World, Random], Event | None]] = {
    "new": new,
    "late": late,
    "without id": without_id,
    "repeated": repeated,
    "conflicting": conflicting,
    "in another hour": in_another_hour,
    "bad": bad,
    "marker": marker,
}
KINDS = [kind for kind in MESSAGES for _ in range({"new": 8, "late": 4, "repeated": 3, "conflicting": 2}.get(kind, 1))]


def tick(world: World, random: Random) -> str:
    """Time passes."""
    world.now += random.randint(1, 2)
    return f"now {world.now}"


def retention(world: World, random: Random) -> str:
    """Kafka deletes old records, read or not."""
    partition = random.choice(PARTITIONS)
    world.log_start[partition] = random.randint(world.log_start[partition], world.log_end(partition))
    return f"partition {partition} now starts at {world.log_start[partition]}"


def metadata(world: World, random: Random) -> str:
    """A user's quota arrives, or changes."""
    user, quota = random.choice(USERS), random.choice((0, 20, 60))
    world.note("quota changed" if user in world.database.tables["user_metadata"] else "quota arrived")
    world.database.tables["user_metadata"][user] = quota
    return f"{user} {quota}"


def damage(world: World, random: Random) -> str | None:
    """A listed file is truncated or unreadable, for now."""
    listed = sorted(path for path, file in world.database.tables["archive_file"].items() if file.superseded is None)
    if not listed:
        return None
    path = random.choice(listed)
    world.damaged.add(path)
    world.note("file damaged")
    return path


def heal(world: World, random: Random) -> str | None:
    """A damaged file is whole again."""
    if not world.damaged:
        return None
    path = random.choice(sorted(world.damaged))
    world.damaged.discard(path)
    world.note("file healed")
    return path


def back_up(world: World, random: Random) -> str:
    """Keep a copy of the database."""
    world.backup = world.database.backup()
    return f"at generation {world.backup['generation']}"


def can_restore(world: World) -> bool:
    """A copy is of use while the files it lists are kept: the grace of superseded files is longer than its age."""
    files = world.backup["archive_file"] if world.backup else {}
    return world.backup is not None and all(path in world.disk for path, file in files.items() if not file.superseded)


ACTIONS: dict[str, Callable[[World, Random], str | None]] = {
    "append": append,
    "tick": tick,
    "retention": retention,
    "metadata": metadata,
    "damage": damage,
    "heal": heal,
    "back up": back_up,
}
