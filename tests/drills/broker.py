"""Drill 9: the broker killed for 60 s under load; then records deleted ahead of our offset, of a job that is down and
of one that runs: loud, a gap row, never silent.
"""

from __future__ import annotations

import time

from tests.drills.drill import Drill
from tests.drills.scene import Scene
from tests.drills.site import Site, start_site
from tests.drills.standing import ledger_row_held, wait_for_waiting
from tests.lib.running import Running

AWAY_S = 60
RATES = {"devices": 1_000, "resource_usage": 100, "billing": 100}
TOPIC, PARTITION, KEPT = "devices", 0, 10
SETTINGS = {"LAMBDAMETER_SLICE_S": "1", "LAMBDAMETER_GRACE_S": "0"}
_LONGEST_S = 1_800
_GAPS = 'SELECT partition, first_offset, last_offset FROM offset_gap WHERE topic = %s ORDER BY first_offset'


def run(scene: Scene) -> None:
    speed = scene.start_speed()
    scene.start_batch(every_s=10)
    site = start_site(scene.layers)
    for stream, rate in RATES.items():
        scene.generate("--rate", str(rate), "--seconds", str(_LONGEST_S), "--duplicates", "0.02", "--bad", "0.01",
                       stream=stream)
    scene.wait_for_load()
    scene.say("under load", lag_0_after_s=scene.catch_up())
    kill_the_broker(scene, speed)
    for load in scene.loads:
        load.stop()
    scene.wait_until_counted()
    gaps = [delete_ahead_of_a_stopped_job(scene), delete_ahead_of_a_running_job(scene)]
    look_at_the_gaps(scene, site, gaps)
    scene.settle()
    scene.judge()


def kill_the_broker(scene: Scene, speed: Running) -> None:
    """SIGKILL, a minute of nothing, and back; the senders keep what they could not deliver."""
    kafka = scene.stack.service("kafka")
    kafka.kill()
    try:
        time.sleep(AWAY_S)
    finally:
        kafka.start()
        kafka.wait_ready()
    scene.demand("the streaming job says that Kafka is away", bool(speed.lines("a service is away", "Kafka")))
    scene.demand("the streaming job ran through it", speed.status is None)
    scene.say(f"back after {AWAY_S} s", lag_0_after_s=scene.catch_up(600))


def delete_ahead_of_a_stopped_job(scene: Scene) -> tuple[int, int, int]:
    """Gives the gap that has to be recorded: partition, first and last offset."""
    scene.stop_layers()
    gap = send_and_delete(scene)
    speed = scene.start_speed()
    told = speed.wait_for("records were deleted before they were read")
    scene.demand("a job that starts says loudly what was deleted",
                 (told["level"], told["first"], told["last"]) == ("error", *gap[1:]), gap=gap)
    scene.wait_until_counted()
    return gap


def delete_ahead_of_a_running_job(scene: Scene) -> tuple[int, int, int]:
    """While a slice stands in its commit, what comes after it is deleted."""
    speed = scene.speed
    assert speed is not None
    before = len(speed.lines("records were deleted before they were read"))
    with ledger_row_held(scene.layers, TOPIC, PARTITION):
        scene.layers.send([event(scene, number) for number in range(20)], PARTITION)
        wait_for_waiting(scene.layers, 1)
        gap = send_and_delete(scene)
    told = speed.wait_for("records were deleted before they were read", times=before + 1)
    scene.wait_until_counted()
    scene.demand("a job that runs says loudly what was deleted", told["level"] == "error" and speed.status is None,
                 gap=gap)
    return gap


def send_and_delete(scene: Scene) -> tuple[int, int, int]:
    """Send to one partition, and delete all of it but the last few, as retention would."""
    first = scene.layers.topic.ends()[PARTITION]
    scene.layers.send([event(scene, number) for number in range(200)], PARTITION)
    end = scene.layers.topic.ends()[PARTITION]
    scene.layers.topic.delete_before(PARTITION, end - KEPT)
    scene.say("deleted", topic=TOPIC, partition=PARTITION, first=first, last=end - KEPT - 1)
    return PARTITION, first, end - KEPT - 1


def event(scene: Scene, number: int) -> dict[str, object]:
    return {"event_id": f"g{scene.rng.getrandbits(60):x}", "timestamp": time.time() - number, "id": f"u{number % 7}",
            "antenna_id": "a1", "app": "SKYPE", "bytes": scene.rng.randrange(10**6)}


def look_at_the_gaps(scene: Scene, site: Site, gaps: list[tuple[int, int, int]]) -> None:
    """The rows, and what the site makes of them."""
    lost = sum(last - first + 1 for _, first, last in gaps)
    rows = scene.layers.rows(_GAPS, TOPIC)
    scene.demand("each deletion is a gap row with its offsets", rows == gaps, rows=rows)
    health, metrics = site.ask("/health"), site.ask("/metrics")
    scene.demand("the health page says how many were deleted", f"{lost:,} messages were deleted" in health.text,
                 status=health.status, lost=lost)
    scene.demand("the metrics hold them", f'topic="{TOPIC}"}} {lost}.0' in metrics.text, status=metrics.status)


DRILL = Drill("broker", "9", "the broker killed for 60 s under load; records deleted ahead of our offset", run,
              settings=SETTINGS)
