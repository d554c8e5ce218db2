"""Drill 8: two batch runs at once; one killed in mid-publish; one frozen, overtaken by another, and resumed.

What was frozen must not publish: in mid-publish, and in full also between two of its transactions.
"""

from __future__ import annotations

import os
import signal
import time
from datetime import UTC, datetime, timedelta

from tests.drills.drill import Drill
from tests.drills.made import DEVICES, Event, device, served, worth_of
from tests.drills.scene import Scene
from tests.drills.standing import hour_written_beside, wait_for_waiting
from tests.lib.contents import contents_hash
from tests.lib.running import Running, until

EVENTS, SHORT_EVENTS = 5_000, 800
HOURS = (2, 3)
FROZEN_S = 120
"""Longer than PostgreSQL bears a session that is silent, in a transaction (60 s) or between two (90 s)."""

SETTINGS = {"LAMBDAMETER_SLICE_S": "0.5", "LAMBDAMETER_GRACE_S": "0"}
ONLY = ("--stream", "devices")

_REVISIONS = "SELECT hour, revision FROM hour_state WHERE topic = 'devices' ORDER BY hour"
_SESSIONS = """
    SELECT pid FROM pg_stat_activity
    WHERE datname = current_database() AND application_name = 'lambdameter batch_layer'
"""
_END_SESSIONS = """
    SELECT pg_terminate_backend(pid) FROM pg_stat_activity
    WHERE datname = current_database() AND application_name = 'lambdameter batch_layer'
"""


def run(scene: Scene) -> None:
    scene.start_speed()
    sent: list[Event] = []
    send(scene, sent)
    kill_in_mid_publish(scene, sent)
    if not scene.short:
        start_two_at_once(scene)
        send(scene, sent)
    freeze_in_mid_publish(scene, sent)
    if not scene.short:
        send(scene, sent)
        freeze_between_transactions(scene, sent)
    scene.stop_layers()
    demand_served(scene, sent, "at the end")
    scene.demand("lag 0 once all was sent", scene.lag() == 0)
    scene.judge()


def send(scene: Scene, sent: list[Event]) -> None:
    """Events of hours gone by, counted by the speed layer when it returns."""
    now, count = this_hour(), SHORT_EVENTS if scene.short else EVENTS
    events = [
        device(scene.rng, (now - timedelta(hours=scene.rng.choice(HOURS))).timestamp() + scene.rng.uniform(0, 3599))
        for _ in range(count)]
    scene.layers.send(events)
    sent += events
    scene.wait_until_counted()


def this_hour() -> datetime:
    return datetime.now(UTC).replace(minute=0, second=0, microsecond=0)


def demand_served(scene: Scene, sent: list[Event], when: str) -> None:
    expected, found = worth_of(DEVICES, sent), served(scene, DEVICES)
    scene.demand(f"what is served is what was sent, {when}", found == expected, expected=expected, found=found)


def kill_in_mid_publish(scene: Scene, sent: list[Event]) -> None:
    """Nothing of the hour is replaced. Beside the one that is held a second one leaves."""
    before = contents_hash(scene.layers.database_url)
    held = scene.layers.hold("batch-mid-publish", "batch_layer", *ONLY)
    demand_that_it_leaves(scene, "the one that is held in mid-publish")
    held.kill()
    scene.say("killed", at="batch-mid-publish")
    scene.demand("a kill in mid-publish changes nothing that is served",
                 contents_hash(scene.layers.database_url) == before)
    demand_served(scene, sent, "after a kill in mid-publish")


def demand_that_it_leaves(scene: Scene, beside: str) -> None:
    second = scene.layers.run("batch_layer", *ONLY)
    scene.demand(f"a second batch run beside {beside} says so and ends with 0",
                 second.status == 0 and len(second.said("another batch run is at work")) == 1, status=second.status)


def start_two_at_once(scene: Scene) -> None:
    """One of them does all, the other none."""
    both = [scene.layers.start("batch_layer", *ONLY) for _ in range(2)]
    statuses = [one.wait() for one in both]
    left = [bool(one.lines("another batch run is at work")) for one in both]
    published = [len(one.lines("hour published")) for one in both]
    scene.demand("of two batch runs at once one publishes, the other says why not, and both end with 0",
                 statuses == [0, 0] and sorted(left) == [False, True]
                 and sorted(published) == [0, len(HOURS)], statuses=statuses, published=published)


def freeze_in_mid_publish(scene: Scene, sent: list[Event]) -> None:
    """The fence of its publish waits for a row; then it is frozen, and the row let go: its transaction stands open."""
    with hour_written_beside(scene.layers, "devices", this_hour() - timedelta(hours=max(HOURS))):
        frozen = scene.layers.start("batch_layer", *ONLY)
        wait_for_waiting(scene.layers, 1)
        freeze(frozen)
    overtake(scene, frozen, sent, "in mid-publish")


def freeze_between_transactions(scene: Scene, sent: list[Event]) -> None:
    """It has sealed and read what to count, and counts."""
    frozen = scene.layers.start("batch_layer", *ONLY)
    frozen.wait_for("sealed")
    freeze(frozen)
    overtake(scene, frozen, sent, "between two transactions")


def overtake(scene: Scene, frozen: Running, sent: list[Event], where: str) -> None:
    """Another run publishes once the session of the frozen one is ended; resumed, the frozen one publishes nothing."""
    published, began = len(frozen.lines("hour published")), time.monotonic()
    demand_that_it_leaves(scene, f"one frozen {where}")
    wait_until_its_session_ends(scene)
    scene.say(f"frozen {where}", session_ended_after_s=round(time.monotonic() - began, 1))
    overtaking = scene.layers.must("batch_layer", *ONLY)
    scene.demand(f"another run overtakes the one frozen {where}", bool(overtaking.said("hour published")))
    if not scene.short:
        time.sleep(max(0.0, FROZEN_S - (time.monotonic() - began)))
    before = state_of(scene)
    os.killpg(frozen.pid, signal.SIGCONT)
    status = frozen.wait()
    scene.demand(f"resumed, the one frozen {where} publishes nothing, and says that it failed",
                 status == 3 and len(frozen.lines("hour published")) == published and state_of(scene) == before,
                 status=status, frozen_s=round(time.monotonic() - began, 1))
    demand_served(scene, sent, f"after a run frozen {where}")


def state_of(scene: Scene) -> tuple[object, str]:
    return scene.layers.rows(_REVISIONS), contents_hash(scene.layers.database_url)


def freeze(running: Running) -> None:
    """SIGSTOP to it and its JVM."""
    os.killpg(running.pid, signal.SIGSTOP)


def wait_until_its_session_ends(scene: Scene) -> None:
    """PostgreSQL ends it by itself; in the short form it is ended from outside, as PostgreSQL would a minute later."""
    if scene.short:
        scene.layers.rows(_END_SESSIONS)
    until(lambda: not scene.layers.rows(_SESSIONS), "PostgreSQL ends the session of the frozen run", 2 * FROZEN_S)


DRILL = Drill("two-batches", "8", "two batch runs at once; one killed in mid-publish; one frozen, overtaken, resumed",
              run, short=True, settings=SETTINGS)
