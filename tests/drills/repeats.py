"""Drill 6: each event sent 1–6 times, shuffled, over restarts of the speed layer and around an hour's edge; ten
conflicts in the same hour, and ten ids that come in both hours, where each is an event of its own.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from tests.drills.drill import Drill
from tests.drills.made import DEVICES, Event, device, served, worth_of
from tests.drills.scene import Scene
from tests.lib.topic import Place

EVENTS, SHORT_EVENTS = 20_000, 1_500
LEGS, SHORT_LEGS = 6, 2
"""Parts of the traffic, with a restart of the speed layer between them."""

MOST_TIMES, CONFLICTS, IN_BOTH_HOURS = 6, 10, 10
AROUND_S = 600
SETTINGS = {"LAMBDAMETER_SLICE_S": "0.5", "LAMBDAMETER_SLICE_ROWS": "1000", "LAMBDAMETER_GRACE_S": "0"}

_COUNTS = """
    SELECT coalesce(sum(events), 0)::bigint, coalesce(sum(duplicates), 0)::bigint,
        coalesce(sum(conflicts), 0)::bigint FROM hour_state
"""

Arrived = tuple[int, int, int]
"""Append time, partition, offset: the order in which the first of an identity wins."""


@dataclass
class Sent:
    """All messages with their places."""

    messages: list[tuple[Arrived, Event]] = field(default_factory=list)

    def add(self, events: list[Event], places: list[Place]) -> None:
        self.messages += [
            ((place.appended_ms, place.partition, place.offset), one)
            for one, place in zip(events, places, strict=True)]

    def firsts(self) -> list[Event]:
        """The first of each event hour and id, by arrival."""
        found: dict[tuple[int, str], Event] = {}
        for _, one in sorted(self.messages, key=lambda message: message[0]):
            found.setdefault((int(one["timestamp"] // 3600), one["event_id"]), one)
        return list(found.values())

    def conflicts(self) -> int:
        """Messages that say something else than the first of their identity."""
        first = {(int(one["timestamp"] // 3600), one["event_id"]): one for one in self.firsts()}
        return sum(one != first[int(one["timestamp"] // 3600), one["event_id"]] for _, one in self.messages)


def run(scene: Scene) -> None:
    sent = Sent()
    legs = drawn_legs(scene)
    for number, leg in enumerate(legs):
        play_leg(scene, sent, leg, last=number == len(legs) - 1)
    raw = worth_of(DEVICES, [one for _, one in sent.messages])
    found = served(scene, DEVICES)
    scene.demand("before the batch layer every arrival is served, repeats too", found == raw, expected=raw, found=found)
    scene.settle()
    compare(scene, sent)
    scene.judge()


def drawn_legs(scene: Scene) -> list[list[Event]]:
    """All messages, shuffled, cut into as many parts as there are lives of the speed layer."""
    edge = datetime.now(UTC).replace(minute=0, second=0, microsecond=0) - timedelta(hours=1)
    events = around(scene, edge.timestamp(), SHORT_EVENTS if scene.short else EVENTS)
    messages = [one for one in events for _ in range(scene.rng.randint(1, MOST_TIMES))]
    messages += [one | {"bytes": one["bytes"] + 1} for one in scene.rng.sample(events, CONFLICTS)]
    scene.rng.shuffle(messages)
    legs = SHORT_LEGS if scene.short else LEGS
    scene.say("drawn", events=len(events), messages=len(messages), edge=f"{edge:%Y-%m-%dT%H}")
    return [messages[number::legs] for number in range(legs)]


def around(scene: Scene, edge: float, count: int) -> list[Event]:
    """Events on both sides of the edge, at the edge itself and the microsecond before; some ids on both sides."""
    times = [edge, edge - 1e-6, *(edge + scene.rng.uniform(-AROUND_S, AROUND_S) for _ in range(count - 2))]
    events = [device(scene.rng, when) for when in times]
    twins = [one for one in events if one["timestamp"] < edge][:IN_BOTH_HOURS]
    return events + [one | {"timestamp": one["timestamp"] + AROUND_S} for one in twins]


def play_leg(scene: Scene, sent: Sent, leg: list[Event], *, last: bool) -> None:
    """Send a part while the speed layer counts, and kill it in the middle; in the last it counts to the end."""
    speed = scene.start_speed()
    half = len(leg) // 2
    for events in (leg[:half], leg[half:]):
        sent.add(events, scene.layers.topic.send(events))
        speed.wait_for("slice committed")
    if last:
        scene.wait_until_counted()
        return
    speed.kill()
    scene.speed = None
    scene.say("killed", sent=len(sent.messages), lag=scene.lag())


def compare(scene: Scene, sent: Sent) -> None:
    """Each identity once, by its first; the rest are duplicates, those that differ conflicts."""
    firsts, conflicts = sent.firsts(), sent.conflicts()
    expected, found = worth_of(DEVICES, firsts), served(scene, DEVICES)
    scene.demand("each event is counted once, by its first arrival", found == expected, expected=expected, found=found)
    counts = scene.layers.rows(_COUNTS)[0]
    told = (len(firsts), len(sent.messages) - len(firsts), conflicts)
    scene.demand("events, duplicates and conflicts are what was sent", counts == told, expected=told, found=counts)
    (letters,), = scene.layers.rows("SELECT count(*) FROM dead_letter WHERE reason = 'CONFLICT'")
    scene.demand(f"{CONFLICTS} conflicts were drawn, and each message that lost is a dead letter",
                 letters == conflicts >= CONFLICTS, letters=letters, lost=conflicts)


DRILL = Drill("repeats", "6", "each event 1–6 times, shuffled, across restarts and the hour's edge; 10 conflicts", run,
              short=True, settings=SETTINGS)
