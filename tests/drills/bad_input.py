"""Drill 5: every row of the table of bad input and seeded mutations, 5 % of the traffic: dead letters per reason exact,
and what it costs beside the same good traffic alone. Then a storm: health turns red, the stream goes on.
"""

from __future__ import annotations

import json
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from statistics import median

from tests.drills.bad_kinds import ACCEPTED, REJECTED, BadKind, mutated
from tests.drills.drill import Drill
from tests.drills.lag import behind
from tests.drills.made import DEVICES, Event, device, served
from tests.drills.scene import Scene
from tests.drills.site import Site, start_site
from tests.drills.standing import ledger_row_held
from tests.lib.message_rules import judge
from tests.lib.running import until
from tests.lib.streams_told import TOLD
from tests.lib.topic import Message, Place

TIMES, SHORT_TIMES = 500, 4
"""How often each row of the table is sent."""

PAIRS, SHORT_PAIRS = 5, 1
"""Blocks with bad input, each beside a block of as many good events alone."""

GOOD_A_BAD, BAD_A_MUTATION = 19, 10
"""5 % of the traffic is bad, and a tenth of that are mutations."""

MOST_LOST = 0.20
STORM_A_PARTITION, PARTITIONS = 400, 4
SETTINGS = {"LAMBDAMETER_SLICE_S": "0.5", "LAMBDAMETER_GRACE_S": "0"}
TOPIC, HELD_PARTITION = "devices", 0
RED = "messages were rejected"

_LETTERS = """
    SELECT reason, count(*) FROM dead_letter WHERE topic = 'devices' AND reason <> 'CONFLICT' GROUP BY reason
"""
_CONFLICTS = "SELECT count(*) FROM dead_letter WHERE topic = 'devices' AND reason = 'CONFLICT'"
_UNMAPPED = "SELECT count(*) FROM unmapped_user WHERE topic = 'devices' AND id = 'u1'"

Piece = tuple[Message, BadKind | None]
"""A message, and the row of the table it was made by; None for a mutation."""

_GOOD = BadKind("good", "", lambda rng, event: event)


@dataclass
class Expected:
    """By the independent rules: dead letters by reason, the bytes that arrive, and where rules and table differ."""

    letters: Counter[str] = field(default_factory=Counter)
    arrived: int = 0
    unlike_the_table: list[str] = field(default_factory=list)

    def take(self, pieces: Sequence[Piece], places: Sequence[Place]) -> None:
        """Judge each message by Kafka's append time."""
        for (message, kind), place in zip(pieces, places, strict=True):
            value = message if isinstance(message, bytes | None) else json.dumps(message).encode()
            verdict = judge(TOLD[TOPIC], value, place.appended_ms)
            reason = verdict if isinstance(verdict, str) else ""
            if kind is not None and kind.reason != reason:
                self.unlike_the_table.append(f"{kind.name}: {reason or 'accepted'}, not {kind.reason or 'accepted'}")
            if isinstance(verdict, str):
                self.letters[verdict] += 1
            else:
                self.arrived += verdict.bytes


def run(scene: Scene) -> None:
    speed = scene.start_speed()
    site, expected = start_site(scene.layers), Expected()
    play_pairs(scene, expected)
    again = send_again(scene, expected)
    storm(scene, site, expected)
    scene.demand("the streaming job ran through it", speed.status is None and not speed.lines("starting again"))
    compare_letters(scene, expected)
    scene.settle()
    compare_views(scene, expected, again)
    scene.judge()


def play_pairs(scene: Scene, expected: Expected) -> None:
    """Blocks with bad input and without, in turn, each counted from a standing start; the same good ones in each."""
    odd = drawn_odd(scene)
    pairs = SHORT_PAIRS if scene.short else PAIRS
    seconds: dict[str, list[float]] = {"good": [], "mixed": []}
    count_block(scene, expected, good(scene, GOOD_A_BAD * len(odd) // pairs))
    for number in range(pairs):
        share = odd[number::pairs]
        blocks = {"good": good(scene, GOOD_A_BAD * len(share)), "mixed": good(scene, GOOD_A_BAD * len(share)) + share}
        scene.rng.shuffle(blocks["mixed"])
        for name in sorted(blocks, reverse=bool(number % 2)):
            seconds[name].append(count_block(scene, expected, fresh(scene, blocks[name])))
    tell_the_loss(scene, seconds, GOOD_A_BAD * len(odd) // pairs)


def drawn_odd(scene: Scene) -> list[Piece]:
    """Every row of the table so many times, and mutations; shuffled. The message is made when it is sent."""
    times = SHORT_TIMES if scene.short else TIMES
    odd: list[Piece] = [(None, kind) for kind in (*REJECTED, *ACCEPTED) for _ in range(times)]
    odd += [(None, None)] * (len(odd) // BAD_A_MUTATION)
    scene.rng.shuffle(odd)
    return odd


def good(scene: Scene, count: int) -> list[Piece]:
    return [(device(scene.rng, time.time() - scene.rng.uniform(0, 1_800)), _GOOD) for _ in range(count)]


def fresh(scene: Scene, pieces: Sequence[Piece]) -> list[Piece]:
    """Each with its message as of now; the good ones are made already."""
    made: list[Piece] = []
    for message, kind in pieces:
        if kind is not _GOOD:
            event = device(scene.rng, time.time() - scene.rng.uniform(0, 1_800))
            message = kind.make(scene.rng, event) if kind else mutated(scene.rng, event)
        made.append((message, kind))
    return made


def count_block(scene: Scene, expected: Expected, pieces: Sequence[Piece]) -> float:
    """Seconds from the moment when all of it is in Kafka and the slice in hand may commit, to its last commit."""
    with ledger_row_held(scene.layers, TOPIC, HELD_PARTITION):
        places = scene.layers.topic.send([message for message, _ in pieces])
        ends = scene.ends()
    began = time.monotonic()
    until(lambda: behind(scene.layers, ends) == 0, "the block is counted")
    seconds = time.monotonic() - began
    expected.take(pieces, places)
    return seconds


def tell_the_loss(scene: Scene, seconds: dict[str, list[float]], events: int) -> None:
    """Of the rate at which good events are counted; a short block says too little to be held to it."""
    medians = {name: median(found) for name, found in seconds.items()}
    numbers = {f"{name}_s": [round(one, 2) for one in found] for name, found in seconds.items()}
    loss = round(1 - medians["good"] / medians["mixed"], 3)
    if scene.short:
        scene.say("counted with 5 % bad input and without", good_events=events, loss=loss, **numbers)
        return
    scene.demand(f"5 % of bad input cost at most {MOST_LOST:.0%} of the throughput", loss <= MOST_LOST, loss=loss,
                 good_events=events, **numbers)


def send_again(scene: Scene, expected: Expected) -> list[Event]:
    """Two rows of the table that come out in the batch layer: events once more, as many the same as with other bytes.

    Gives what must not be counted.
    """
    times = SHORT_TIMES if scene.short else TIMES
    first = good(scene, 2 * times)
    events = [message for message, _ in first if isinstance(message, dict)]
    again = events[:times] + [one | {"bytes": one["bytes"] + 1} for one in events[times:]]
    count_block(scene, expected, first)
    count_block(scene, expected, [(one, _GOOD) for one in again])
    return again


def storm(scene: Scene, site: Site, expected: Expected) -> None:
    """Nothing but bad input on every partition: health says so, good events are counted on, and it passes."""
    for partition in range(PARTITIONS):
        kinds: list[Piece] = [(None, scene.rng.choice(REJECTED)) for _ in range(STORM_A_PARTITION)]
        send_to(scene, expected, fresh(scene, kinds), partition)
    scene.wait_until_counted()
    page, ready = site.ask("/health"), site.ask("/readyz")
    scene.demand("health turns red in a storm of bad input and names it", page.status == 200 and RED in page.text,
                 status=page.status, ready=ready.status)
    for partition in range(PARTITIONS):
        send_to(scene, expected, good(scene, STORM_A_PARTITION), partition)
    scene.wait_until_counted()
    page = site.ask("/health")
    scene.demand("good events after it are counted, and health is no longer red for it",
                 page.status == 200 and RED not in page.text, status=page.status)


def send_to(scene: Scene, expected: Expected, pieces: Sequence[Piece], partition: int) -> None:
    places = scene.layers.topic.send([message for message, _ in pieces], partition)
    expected.take(pieces, places)


def compare_letters(scene: Scene, expected: Expected) -> None:
    """The table, the independent rules and the product agree."""
    scene.demand("the independent rules read every row of the table as it stands there", not expected.unlike_the_table,
                 rows=len(REJECTED) + len(ACCEPTED), differ=expected.unlike_the_table[:3])
    found = {reason: int(count) for reason, count in scene.layers.rows(_LETTERS)}
    scene.demand("dead letters per reason are exact", found == dict(expected.letters), found=found,
                 **({} if found == dict(expected.letters) else {"expected": dict(expected.letters)}))
    arrived = served(scene, DEVICES)
    scene.demand("every good event is served", arrived == expected.arrived, expected=expected.arrived, found=arrived)


def compare_views(scene: Scene, expected: Expected, again: Sequence[Event]) -> None:
    """After the batch layer: what came twice counts once, what differed is a conflict, users are unmapped."""
    exact = expected.arrived - sum(one["bytes"] for one in again)
    found, (conflicts,) = served(scene, DEVICES), scene.layers.rows(_CONFLICTS)[0]
    scene.demand("what came twice is counted once, and conflicts are dead letters",
                 found == exact and conflicts == len(again) // 2, expected=exact, found=found, conflicts=conflicts)
    (hours,), = scene.layers.rows(_UNMAPPED)
    scene.demand("a user without metadata is counted and shown as unmapped", hours > 0, hours=hours)


DRILL = Drill("bad-input", "5", "every kind of bad input × 500 and mutations, 5 % of traffic; then a storm", run,
              short=True, settings=SETTINGS)
