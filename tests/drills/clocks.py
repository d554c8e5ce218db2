"""Drill 4: an event a year ahead, one in milliseconds, one of 1970, clocks ten minutes off; then 10,000 good ones.

Of every stream it plays the wild ones stand before and among the good ones, in the same partitions.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from decimal import Decimal

from tests.drills.drill import Drill
from tests.drills.made import ALL, CHARGES, Event, Made, served, worth_of
from tests.drills.scene import Scene
from tests.lib.running import until
from tests.lib.topic import Place

GOOD, SHORT_GOOD = 10_000, 1_200
YEAR_S, OFF_S, NEARLY_S = 365 * 86_400, 600, 240
TOO_FAR, ANCIENT = "at most 300 s after it is sent", "epoch seconds within the age limit"
SETTINGS = {
    "LAMBDAMETER_SLICE_S": "1", "LAMBDAMETER_GRACE_S": "0", "LAMBDAMETER_PANE_EARLY_S": "2",
    "LAMBDAMETER_PANE_LATE_S": "2"}  # fmt: skip
PARTITIONS = 4

_LETTERS = 'SELECT partition, "offset", reason, field, hint FROM dead_letter WHERE topic = %s ORDER BY 1, 2'
_UNTIMELY_PANES = """
    SELECT count(*) FROM (
        SELECT window_start FROM billing_pane UNION ALL SELECT window_start FROM billing_pending) AS window_of
    WHERE window_start < to_timestamp(%s) OR window_start > to_timestamp(%s)
"""
_FINAL_TOO_SOON = "SELECT count(*) FROM hour_state WHERE final AND hour + INTERVAL '1 hour' > now()"

Letter = tuple[int, int, str, str, str]
"""partition, offset, reason, field, hint"""


@dataclass
class Played:
    """What was sent of a stream: what has to count, and the dead letters that have to be."""

    made: Made
    good: list[Event]
    letters: list[Letter]


def run(scene: Scene) -> None:
    speed = scene.start_speed()
    began = time.time()
    played = [send(scene, made) for made in ALL]
    scene.wait_until_counted()
    scene.demand("the streaming job ran through it", speed.status is None and not speed.lines("starting again"))
    for one in played:
        compare(scene, one, "by the speed layer")
    look_at_the_panes(scene, began, next(one for one in played if one.made is CHARGES))
    scene.settle()
    for one in played:
        compare(scene, one, "after the batch layer")
    too_soon = scene.layers.rows(_FINAL_TOO_SOON)[0][0]
    scene.demand("no wild event made an hour final before its end", too_soon == 0, hours=too_soon)
    scene.judge()


def send(scene: Scene, made: Made) -> Played:
    """The wild ones into every partition, then the good ones with wild ones among them."""
    played = Played(made, [], [])
    for partition in range(PARTITIONS):
        send_wild(scene, played, partition)
    count = SHORT_GOOD if scene.short else GOOD
    for partition in range(PARTITIONS):
        events = [made.event(scene.rng, time.time() - scene.rng.uniform(0, 30)) for _ in range(count // PARTITIONS)]
        made.topic(scene).send(events[: len(events) // 2], partition)
        send_wild(scene, played, partition)
        made.topic(scene).send(events[len(events) // 2 :], partition)
        played.good += events
    scene.say("sent", stream=made.stream, good=len(played.good), wild=len(played.letters))
    return played


def send_wild(scene: Scene, played: Played, partition: int) -> None:
    """One of each kind. A clock that is ten minutes behind, or less than five ahead, is only late or early: good."""
    now, topic, made = time.time(), played.made.topic(scene), played.made
    wild = [
        (now + YEAR_S, "FUTURE", TOO_FAR),
        (int(now * 1000), "FUTURE", "looks like milliseconds; want seconds"),
        (scene.rng.randrange(1, 365 * 86_400), "ANCIENT", ANCIENT),
        (now + OFF_S, "FUTURE", TOO_FAR),
    ]
    places: list[Place] = topic.send([made.event(scene.rng, when) for when, _, _ in wild], partition)
    played.letters += [
        (place.partition, place.offset, reason, "timestamp", hint)
        for place, (_, reason, hint) in zip(places, wild, strict=True)]
    off = [made.event(scene.rng, when) for when in (now - OFF_S, now + NEARLY_S)]
    topic.send(off, partition)
    played.good += off


def compare(scene: Scene, played: Played, by: str) -> None:
    """Every good one served, each wild one a dead letter with its reason and hint, and no other."""
    expected, found = worth_of(played.made, played.good), served(scene, played.made)
    scene.demand(f"{played.made.stream}: all good ones are counted {by}", found == expected,
                 expected=expected, found=found)
    letters = scene.layers.rows(_LETTERS, played.made.stream)
    scene.demand(f"{played.made.stream}: the wild ones are dead letters with reason and hint {by}",
                 letters == sorted(played.letters), expected=len(played.letters), found=len(letters),
                 **({} if letters == sorted(played.letters) else {
                     "differ": sorted(set(letters) ^ set(played.letters))[:4]}))


def look_at_the_panes(scene: Scene, began: float, charges: Played) -> None:
    """The watermark goes by Kafka's times: no wild event moves it, opens a window, or makes a good one too late."""
    until(lambda: served_by_panes(scene)[1] == len(charges.good), "every charge is in a pane or waits for one", 30)
    value, events = served_by_panes(scene)
    scene.demand("billing: panes hold the good ones and nothing else", value == worth_of(CHARGES, charges.good),
                 value=value, events=events)
    (ahead,), = scene.layers.rows("SELECT count(*) FROM pane_clock WHERE watermark > now()")
    (too_late,), = scene.layers.rows("SELECT count(*) FROM billing_too_late")
    (untimely,), = scene.layers.rows(_UNTIMELY_PANES, began - OFF_S - 5, time.time() + NEARLY_S)
    scene.demand("billing: no wild event moves the watermark, opens a window or makes one too late",
                 (ahead, too_late, untimely) == (0, 0, 0), ahead=ahead, too_late=too_late, untimely=untimely)


def served_by_panes(scene: Scene) -> tuple[Decimal, int]:
    """Value and events of all panes and of what is pending."""
    value, events = scene.layers.rows("""
        SELECT coalesce(sum(value), 0), coalesce(sum(events), 0)
        FROM (SELECT value, events FROM billing_pane UNION ALL SELECT value, events FROM billing_pending) AS counted
    """)[0]
    return value, int(events)


DRILL = Drill("clocks", "4", "a year ahead, milliseconds, 1970, clocks 10 min off; then 10,000 good ones", run,
              short=True, settings=SETTINGS)
